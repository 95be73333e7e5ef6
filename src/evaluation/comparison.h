// Two systems on the same queries.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "evaluation/measures.h"
#include "evaluation/statistics.h"
#include "grounds/result.h"

namespace grounds {

struct MeasureComparison {
  Measure measure{};
  double a = 0, b = 0;     // means over the common queries
  PairedTest test;         // of b against a
};

struct Comparison {
  std::uint64_t queries = 0;                       // that both have
  std::vector<std::string> only_in_a, only_in_b;   // left out of all numbers
  std::vector<MeasureComparison> measures;
};

// Both sorted by query id. kBadInput if no query is common.
Result<Comparison> compare_results(std::span<const QueryResult> a, std::span<const QueryResult> b,
                                   std::uint64_t seed = kStatisticsSeed);

}  // namespace grounds
