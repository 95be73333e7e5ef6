#include "evaluation/corpus_reader.h"

#include "base/utf8.h"
#include "evaluation/json_line.h"

namespace grounds {

bool EvaluationDocument::empty() const { return trim(title).empty() && trim(text).empty(); }

Result<EvaluationDocument> parse_document(std::string_view line, const std::string& place) {
  GROUNDS_ASSIGN_OR_RETURN(Json json, parse_json_line(line, place));
  EvaluationDocument document;
  GROUNDS_ASSIGN_OR_RETURN(document.id, id_field(json, place));
  GROUNDS_ASSIGN_OR_RETURN(document.title, text_field(json, "title", place));
  GROUNDS_ASSIGN_OR_RETURN(document.text, text_field(json, "text", place));
  return document;
}

Result<CorpusReader> CorpusReader::open(const FileSystem& file_system, const std::string& path, Findings& findings) {
  GROUNDS_ASSIGN_OR_RETURN(LineReader lines, LineReader::open(file_system, path, findings));
  return CorpusReader(std::move(lines), findings);
}

Result<std::optional<EvaluationDocument>> CorpusReader::next() {
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(std::optional<std::string_view> line, lines_.next());
    if (!line) return std::nullopt;
    const std::string place = lines_.place();
    GROUNDS_ASSIGN_OR_RETURN(EvaluationDocument document, parse_document(*line, place));
    length_ = line->size();
    if (!ids_.insert(document.id).second) {
      findings_->add(FindingKind::kDuplicateDocument, place + ": " + document.id);
      continue;
    }
    if (document.empty()) findings_->add(FindingKind::kEmptyDocument, place + ": " + document.id);
    return document;
  }
}

}  // namespace grounds
