// How right answers are: against the expected texts, numbers and documents, and against their own verdict.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "answer/answer.h"
#include "evaluation/answer_questions.h"
#include "grounds/result.h"

namespace grounds {

inline constexpr std::array kVerdicts = {Verdict::kSupported, Verdict::kPartly, Verdict::kUnsupported,
                                         Verdict::kNotFound};

struct ScoredAnswer {
  std::string id;
  bool answerable = false;
  Verdict verdict = Verdict::kNotFound;
  bool exact = false;       // apart from case, width, white space, punctuation and markers the answer is an expected one
  bool contains = false;    // an expected answer stands in it, as it is written
  std::optional<bool> numeric;   // all amounts of an expected answer are among its own, in whatever notation;
                                 // nothing if no expected answer holds an amount
  std::uint32_t citations = 0, right_citations = 0;   // distinct documents cited; those that were expected
  std::string answer_id, answer;
  // What is asked of an answer: an expected text, or "not found" where there is none.
  bool right() const { return answerable ? contains : verdict == Verdict::kNotFound; }
};

ScoredAnswer score_answer(const AnswerQuestion& question, const AnswerText& answer);

// Counts over many; a share is `first` of `second`.
using Share = std::pair<std::uint64_t, std::uint64_t>;

struct AnswerSummary {
  std::uint64_t questions = 0;
  Share right, exact, contains, numeric;      // exact, contains: of the answerable
  Share citation_precision;                   // cited documents that were expected, of all cited (answerable questions)
  Share citation_recall;                      // answerable questions that cite an expected document
  Share abstained_rightly;                    // unanswerable questions that were "not found"
  Share abstained_wrongly;                    // answerable ones that were
  std::array<Share, kVerdicts.size()> by_verdict{};  // right answers, of those with this verdict
};

AnswerSummary summarise_answers(std::span<const ScoredAnswer> answers);

// Asks every question and scores what comes. `ask` makes the answer (and puts it on record).
struct GivenAnswer {
  std::string answer_id;
  AnswerText text;
};
Result<std::vector<ScoredAnswer>> score_questions(
    std::span<const AnswerQuestion> questions,
    const std::function<Result<GivenAnswer>(const AnswerQuestion& question)>& ask);

}  // namespace grounds
