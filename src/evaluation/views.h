// What evaluations print as JSON (interface.md, `eval`).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/canonical_json.h"
#include "evaluation/comparison.h"
#include "evaluation/dataset.h"
#include "evaluation/gate.h"
#include "evaluation/page_questions.h"
#include "evaluation/summary.h"

namespace grounds {

// {"queries", "ndcg@10", ..., "ci95": {"ndcg@10": [low, high], ...}}
Json summary_view(const Summary& summary);
// {"documents", "empty_documents", "judged_pairs", "findings": [{"kind", "count", "example", "meaning"}]}
Json input_view(const Dataset& dataset);
Json findings_view(const Findings& findings);
// {"q1": {"ndcg@10": ..., ...}, ...}
Json per_query_view(std::span<const QueryResult> results);
// {"passed", "measures": {"ndcg@10": {"before", "now", "p", "dropped"}}}; p is null without results by query.
Json gate_view(const Gate& gate);
// {"queries", "only_in_a", "only_in_b", "measures": {"ndcg@10": {"a", "b", "difference", "ci95", "p"}}}
Json comparison_view(const Comparison& comparison);
// {"queries", "page_hit": {"count", "share"}, "document_hit", "document_first", "page_mrr", "ci95": {"page_hit", "document_hit"}}
Json page_summary_view(const PageSummary& summary);
// [{"query", "page_rank", "document_rank"}]; null where nothing was found.
Json page_results_view(std::span<const PageResult> results);

}  // namespace grounds
