// Which span answers a question best, and whether it answers it at all: two linear rules over features that are
// cheap to compute. Their weights are fitted to labelled questions by tests/evaluation/fit_answer_gate.py.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "answer/candidates.h"

namespace grounds {

// A change of features or weights is a new one: it is on record with each answer.
inline constexpr std::string_view kGateVersion = "gate/1";

// Shares and similarities are per mille; flags are 0 or 1000.
inline constexpr auto kGateFeatures = std::to_array<std::string_view>({
    "vector",            // cosine of question and span
    "vector_lead",       // ... above the mean of all spans
    "lexical",           // BM25, of the best span's
    "fused",             // fused score (in units of 1; may be above 1000)
    "fused_lead",        // ... above the best other span's
    "rank",              // 1000 / rank
    "terms",             // EvidenceItem::term_coverage
    "concepts",          // Candidate::coverage of the span's best unit
    "own",               // ... met by the unit itself
    "kind",              // the unit holds the kind of thing asked for, where one is
    "no_kind",           // ... holds none of it
    "flaw_name", "flaw_time", "flaw_kind", "flaw_code",
    "absent",            // share of the question's weight that no span meets
    "absent_here",       // ... that this document's spans do not meet
    "head",              // the thing asked for is met
    "pairs",             // neighbours in the question that stand together in one unit
    "siblings",          // share of the spans that are of the same document
    "strength",          // how far the words are above what is needed (answer_strength)
    "length",            // 100 for each concept of the question
    "open",              // no particular kind of thing is asked for
});
using GateFeatures = std::array<std::int32_t, kGateFeatures.size()>;

struct RankedItem {
  std::size_t item = 0;
  Candidate best;           // of its units
  GateFeatures features{};
  std::int64_t preference = 0;  // in thousandths of a logit; higher answers better
};

// The items that have a candidate, best first. `candidates` with flaws, best first.
std::vector<RankedItem> rank_items(const Question& question, std::span<const ItemMatch> items, std::span<const Candidate> candidates);

// In thousandths of a logit: positive if the question is answered by the best of `ranked`.
std::int64_t gate(std::span<const RankedItem> ranked);
// Above this nine in ten of the questions without an answer are turned down: below, an answer is partly
// supported at most.
bool is_sure(std::int64_t gate);

}  // namespace grounds
