#include "evaluation/comparison.h"

namespace grounds {

Result<Comparison> compare_results(std::span<const QueryResult> a, std::span<const QueryResult> b, std::uint64_t seed) {
  Comparison comparison;
  std::vector<QueryResult> common_a, common_b;
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size() || (i < a.size() && a[i].query < b[j].query)) {
      comparison.only_in_a.push_back(a[i++].query);
    } else if (i == a.size() || b[j].query < a[i].query) {
      comparison.only_in_b.push_back(b[j++].query);
    } else {
      common_a.push_back(a[i++]);
      common_b.push_back(b[j++]);
    }
  }
  if (common_a.empty())
    return fail(ErrorCode::kBadInput, "the two results have no query in common", "compare two runs of one dataset");
  comparison.queries = common_a.size();
  for (Measure measure : kMeasures)
    comparison.measures.push_back({measure, mean(common_a, measure), mean(common_b, measure),
                                   paired_test(values_of(common_a, measure), values_of(common_b, measure), seed)});
  return comparison;
}

}  // namespace grounds
