// Which sets of factors, swapped, give back the other answer's result.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "grounds/result.h"
#include "ledger/compare/factors.h"

namespace grounds {

struct CauseSets {
  std::vector<FactorSet> minimal;      // smaller ones first; none contains another
  std::vector<std::string> not_tried;  // mixtures that could not be made, and why: a set may be missing
};

// All minimal sets S of `factors`, S not empty, with gives_other(S): no proper subset of S gives it. A set
// that holds a found one is not tried. An error kUnavailable passes a set over; any other one ends it.
Result<CauseSets> find_minimal_sets(FactorSet factors, const std::function<Result<bool>(FactorSet)>& gives_other);

}  // namespace grounds
