// Questions with the answers that are right, a JSON line each, as in samples/questions.jsonl.
#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "evaluation/findings.h"
#include "grounds/result.h"

namespace grounds {

struct AnswerQuestion {
  std::string id, question;
  bool answerable = true;
  std::vector<std::string> answers;    // texts of which one has to be in the answer
  std::vector<std::string> documents;  // URIs of which one has to be cited
  std::vector<std::string> groups;     // who asks; empty: everyone
};

// {"id", "question", "answerable": bool, "answer": [text...], "documents": [URI...], "groups"?: [name...]};
// other keys are passed over. An answerable question needs an answer and a document. kBadInput names the
// line; an id that was there before and a question without text are findings and left out.
Result<std::vector<AnswerQuestion>> read_answer_questions(const FileSystem& file_system, const std::string& path,
                                                          Findings& findings);

}  // namespace grounds
