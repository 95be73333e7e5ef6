#include "evaluation/answer_questions.h"

#include <unordered_set>

#include "base/canonical_json.h"
#include "base/utf8.h"
#include "evaluation/json_line.h"
#include "evaluation/line_reader.h"

namespace grounds {
namespace {

Result<std::vector<std::string>> list_field(const Json& object, const char* key, const std::string& place) {
  std::vector<std::string> list;
  auto found = object.find(key);
  if (found == object.end()) return list;
  bool valid = found->is_array();
  if (valid)
    for (const Json& each : *found) {
      valid = valid && each.is_string() && !trim(each.get_ref<const std::string&>()).empty();
      if (valid) list.push_back(each.get<std::string>());
    }
  if (!valid) return fail(ErrorCode::kBadInput, place + ": \"" + key + "\" is not a list of texts");
  return list;
}

Result<AnswerQuestion> parse_question(const Json& object, const std::string& place) {
  AnswerQuestion question;
  GROUNDS_ASSIGN_OR_RETURN(question.id, text_field(object, "id", place));
  GROUNDS_ASSIGN_OR_RETURN(question.question, text_field(object, "question", place));
  GROUNDS_ASSIGN_OR_RETURN(question.answers, list_field(object, "answer", place));
  GROUNDS_ASSIGN_OR_RETURN(question.documents, list_field(object, "documents", place));
  GROUNDS_ASSIGN_OR_RETURN(question.groups, list_field(object, "groups", place));
  auto answerable = object.find("answerable");
  if (answerable == object.end() || !answerable->is_boolean())
    return fail(ErrorCode::kBadInput, place + " has no \"answerable\": true or false");
  question.answerable = answerable->get<bool>();
  if (question.id.empty()) return fail(ErrorCode::kBadInput, place + " has no \"id\"");
  if (question.answerable && (question.answers.empty() || question.documents.empty()))
    return fail(ErrorCode::kBadInput, place + ": an answerable question needs \"answer\" and \"documents\"");
  return question;
}

}  // namespace

Result<std::vector<AnswerQuestion>> read_answer_questions(const FileSystem& file_system, const std::string& path,
                                                          Findings& findings) {
  GROUNDS_ASSIGN_OR_RETURN(LineReader lines, LineReader::open(file_system, path, findings));
  std::vector<AnswerQuestion> questions;
  std::unordered_set<std::string> ids;
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(std::optional<std::string_view> line, lines.next());
    if (!line) break;
    const std::string place = lines.place();
    GROUNDS_ASSIGN_OR_RETURN(Json object, parse_json_line(*line, place));
    GROUNDS_ASSIGN_OR_RETURN(AnswerQuestion question, parse_question(object, place));
    if (!ids.insert(question.id).second) findings.add(FindingKind::kDuplicateQuery, place + ": " + question.id);
    else if (trim(question.question).empty()) findings.add(FindingKind::kEmptyQuery, place + ": " + question.id);
    else questions.push_back(std::move(question));
  }
  if (questions.empty()) return fail(ErrorCode::kBadInput, path + " holds no questions");
  return questions;
}

}  // namespace grounds
