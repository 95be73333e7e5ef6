// The results of all queries in a few numbers.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "evaluation/measures.h"
#include "evaluation/statistics.h"

namespace grounds {

struct Summary {
  std::uint64_t queries = 0;
  std::array<double, kMeasures.size()> means{};
  std::array<Interval, kMeasures.size()> ci95{};
  double mean(Measure measure) const { return means[static_cast<std::size_t>(measure)]; }
  const Interval& interval(Measure measure) const { return ci95[static_cast<std::size_t>(measure)]; }
};

Summary summarise(std::span<const QueryResult> results, std::uint64_t seed = kStatisticsSeed);

}  // namespace grounds
