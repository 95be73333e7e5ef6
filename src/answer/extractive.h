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
};

// A pure function of its arguments: deterministic, no clock, no randomness, no floating-point
// environment. Answers in the question's language ("not found" included). Every sentence carries the
// marker of the evidence it is quoted from; a table cell is quoted with its row and column headers.
// What a document instructs is never followed: it is only ever quoted.
AnswerText extractive_answer(std::string_view question, std::span<const EvidenceItem> evidence,
                             const ClockInputs& clock, const Analyzer& analyzer,
                             const ExtractiveSettings& settings);

// The spans of the evidence as the gate sees them, best first: what its weights are fitted to (answer/gate.h).
struct SpanFeatures {
  std::uint32_t evidence = 0;            // EvidenceItem::number
  std::vector<std::int32_t> values;      // in the order of kGateFeatures
};
std::vector<SpanFeatures> span_features(std::string_view question, std::span<const EvidenceItem> evidence, const ClockInputs& clock,
                                        const Analyzer& analyzer);

// Marks evidence that tries to give the reader instructions ("ignore previous instructions", "忽略以上指令").
// Returns the offending phrases; empty if there is none.
std::vector<std::string> find_instructions(std::string_view text);

}  // namespace grounds
