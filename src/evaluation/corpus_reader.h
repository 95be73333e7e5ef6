// The documents of a BEIR folder, one after the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "evaluation/line_reader.h"

namespace grounds {

struct EvaluationDocument {
  std::string id, title, text;  // title and text may be empty
  bool empty() const;           // neither has more than white space
};

// Reads corpus.jsonl: {"_id", "title", "text"}, a document a line; other keys are passed over. Memory:
// the ids. A document whose id was there before is a finding and is not given out. Not thread-safe.
class CorpusReader {
 public:
  static Result<CorpusReader> open(const FileSystem& file_system, const std::string& path, Findings& findings);
  // The next document, none at the end. kBadInput names the line: a corpus that cannot be read in full
  // is not read at all.
  Result<std::optional<EvaluationDocument>> next();
  // The file's bytes of the last document given out: its JSON.
  std::uint64_t offset() const { return lines_.line_offset(); }
  std::size_t length() const { return length_; }
  // Of all documents given out.
  const std::unordered_set<std::string>& ids() const { return ids_; }

 private:
  CorpusReader(LineReader lines, Findings& findings) : lines_(std::move(lines)), findings_(&findings) {}
  LineReader lines_;
  Findings* findings_;
  std::unordered_set<std::string> ids_;
  std::size_t length_ = 0;
};

// One line of a corpus; kBadInput names `place`.
Result<EvaluationDocument> parse_document(std::string_view line, const std::string& place);

}  // namespace grounds
