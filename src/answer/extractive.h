// The built-in backend: quotes the sentences and table cells that answer the question, and nothing else.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "answer/answer.h"
#include "index/analysis/analyzer.h"

namespace grounds {

struct ExtractiveSettings {
  std::uint32_t max_sentences = 3;
  // Below these the evidence is too weak and the answer is "not found in the documents"; calibrated on
  // samples/ and on the evaluation sets (docs/quality.md says how).
  std::int64_t min_vector_score = 0;
  std::int64_t min_term_coverage = 0;
};

// A pure function of its arguments: deterministic, no clock, no randomness, no floating-point
// environment. Answers in the question's language ("not found" included). Every sentence carries the
// marker of the evidence it is quoted from; a table cell is quoted with its row and column headers.
// What a document instructs is never followed: it is only ever quoted.
AnswerText extractive_answer(std::string_view question, std::span<const EvidenceItem> evidence,
                             const ClockInputs& clock, const Analyzer& analyzer,
                             const ExtractiveSettings& settings);

// Marks evidence that tries to give the reader instructions ("ignore previous instructions", "忽略以上指令").
// Returns the offending phrases; empty if there is none.
std::vector<std::string> find_instructions(std::string_view text);

}  // namespace grounds
