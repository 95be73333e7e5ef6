// What an evaluation of answers prints as JSON.
#pragma once

#include <span>

#include "base/canonical_json.h"
#include "evaluation/answer_scores.h"

namespace grounds {

// {"questions", "right", "exact", "contains", "numeric", "citation_precision", "citation_recall",
// "abstained_rightly", "abstained_wrongly": {"count", "of", "share"}, "by_verdict": {"supported": ..., ...}}:
// shares are null of nothing.
Json answer_summary_view(const AnswerSummary& summary);
// [{"id", "right", "exact", "contains", "numeric", "verdict", "citations", "right_citations", "answer_id", "answer"}]
Json scored_answers_view(std::span<const ScoredAnswer> answers);

}  // namespace grounds
