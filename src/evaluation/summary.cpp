#include "evaluation/summary.h"

namespace grounds {

Summary summarise(std::span<const QueryResult> results, std::uint64_t seed) {
  Summary summary;
  summary.queries = results.size();
  for (Measure measure : kMeasures) {
    const auto i = static_cast<std::size_t>(measure);
    summary.means[i] = mean(results, measure);
    summary.ci95[i] = bootstrap_interval(values_of(results, measure), seed);
  }
  return summary;
}

}  // namespace grounds
