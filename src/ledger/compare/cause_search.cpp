#include "ledger/compare/cause_search.h"

#include <algorithm>

namespace grounds {

Result<CauseSets> find_minimal_sets(FactorSet factors, const std::function<Result<bool>(FactorSet)>& gives_other) {
  CauseSets sets;
  for (FactorSet subset : subsets_by_size(factors)) {
    if (subset.empty()) continue;
    if (std::ranges::any_of(sets.minimal, [&](FactorSet found) { return found.is_subset_of(subset); })) continue;
    Result<bool> given = gives_other(subset);
    if (!given && given.error().code == ErrorCode::kUnavailable) {
      if (std::ranges::find(sets.not_tried, given.error().message) == sets.not_tried.end())
        sets.not_tried.push_back(given.error().message);
      continue;
    }
    GROUNDS_RETURN_IF_ERROR(given);
    if (*given) sets.minimal.push_back(subset);
  }
  return sets;
}

}  // namespace grounds
