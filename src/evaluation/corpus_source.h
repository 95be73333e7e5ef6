// A BEIR corpus as a source of documents: each one's URI is its id.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "evaluation/corpus_reader.h"
#include "ingest/sources/source.h"

namespace grounds {

// Documents with neither title nor text are left out, as are those whose id was there before; a title
// without text is its own text. Texts are read again from their place in the file when asked for.
class CorpusSource final : public Source {
 public:
  // `path`: corpus.jsonl.
  static Result<std::unique_ptr<CorpusSource>> open(const FileSystem& file_system, const std::string& path);

  std::optional<tl::expected<SourceItem, SourceFailure>> next() override;
  Result<SourceContent> read(const SourceItem& item, std::uint64_t limit) const override;

 private:
  struct Place {
    std::uint64_t offset = 0;
    std::size_t length = 0;
  };
  CorpusSource(File file, std::string path, std::int64_t modified_ns, std::unique_ptr<Findings> findings,
               CorpusReader reader)
      : file_(std::move(file)), path_(std::move(path)), modified_ns_(modified_ns), findings_(std::move(findings)),
        reader_(std::move(reader)) {}

  File file_;
  std::string path_;
  std::int64_t modified_ns_;
  std::unique_ptr<Findings> findings_;  // what read_dataset has reported already
  CorpusReader reader_;
  bool failed_ = false;
  mutable std::mutex mutex_;                       // items are read while further ones are listed
  std::unordered_map<std::string, Place> places_;  // by URI
};

}  // namespace grounds
