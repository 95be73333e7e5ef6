#include "evaluation/corpus_source.h"

#include <span>

#include "base/utf8.h"

namespace grounds {
namespace {

const std::string& content_of(const EvaluationDocument& document) {
  return trim(document.text).empty() ? document.title : document.text;
}

}  // namespace

Result<std::unique_ptr<CorpusSource>> CorpusSource::open(const FileSystem& file_system, const std::string& path) {
  GROUNDS_ASSIGN_OR_RETURN(FileStatus status, file_system.status(path));
  auto findings = std::make_unique<Findings>();
  GROUNDS_ASSIGN_OR_RETURN(CorpusReader reader, CorpusReader::open(file_system, path, *findings));
  GROUNDS_ASSIGN_OR_RETURN(File file, file_system.open(path, OpenMode::kRead));
  return std::unique_ptr<CorpusSource>(
      new CorpusSource(std::move(file), path, status.modified_ns, std::move(findings), std::move(reader)));
}

std::optional<tl::expected<SourceItem, SourceFailure>> CorpusSource::next() {
  while (!failed_) {
    auto document = reader_.next();
    if (!document) {
      failed_ = true;  // what follows a line that cannot be read is not looked at
      return tl::unexpected(SourceFailure{path_, std::move(document).error()});
    }
    if (!*document) break;
    if ((*document)->empty()) continue;
    SourceItem item;
    item.uri = (*document)->id;
    item.name = "document.txt";  // an id says nothing of the format
    item.title = (*document)->title;
    item.size = content_of(**document).size();
    item.modified_ns = modified_ns_;
    std::lock_guard lock(mutex_);
    places_.emplace(item.uri, Place{reader_.offset(), reader_.length()});
    return item;
  }
  return std::nullopt;
}

Result<SourceContent> CorpusSource::read(const SourceItem& item, std::uint64_t limit) const {
  Place place;
  {
    std::lock_guard lock(mutex_);
    auto found = places_.find(item.uri);
    if (found == places_.end()) return fail(ErrorCode::kNotFound, path_ + " has no document " + item.uri);
    place = found->second;
  }
  std::string line(place.length, '\0');
  GROUNDS_RETURN_IF_ERROR(file_.read_exact(place.offset, std::as_writable_bytes(std::span(line))));
  const std::string where = path_ + ", document " + item.uri;
  GROUNDS_ASSIGN_OR_RETURN(EvaluationDocument document, parse_document(line, where));
  if (document.id != item.uri)
    return fail(ErrorCode::kUnavailable, where + ": the file has changed while it was read", "run the command again");
  if (content_of(document).size() > limit)
    return fail(ErrorCode::kBadInput, where + " is larger than " + std::to_string(limit) + " bytes");
  return SourceContent{content_of(document), {}};
}

}  // namespace grounds
