// Asks a collection every query of a dataset.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "evaluation/dataset.h"
#include "evaluation/measures.h"
#include "grounds/result.h"
#include "retrieval/searcher.h"

namespace grounds {

inline constexpr std::uint32_t kEvaluationDepth = 100;  // documents ranked for a query

struct QueryRunOptions {
  std::string collection;
  SearchMode mode = SearchMode::kHybrid;
  Principal principal;
  // In place of the collection's, for this run.
  std::vector<std::pair<std::string, std::string>> settings;
};

struct QueryRun {
  Run run;
  Generation generation = 0;
  Settings settings;              // as used
  std::vector<double> milliseconds;  // by query: embedding, analysis and ranking
};

// Called before each query; returning false stops (kUnavailable).
using QueryRunObserver = std::function<bool(std::uint64_t done, std::uint64_t total)>;

// Ranks documents by their best chunk, as one generation has them. Chunks are asked for until
// kEvaluationDepth documents have come, or all. Scores fall strictly (see strictly_falling), so that
// trec_eval reads the order in which a search shows them.
Result<QueryRun> run_queries(Searcher& searcher, Catalog catalog, std::span<const EvaluationQuery> queries,
                             const QueryRunOptions& options, const QueryRunObserver& observer = {});

}  // namespace grounds
