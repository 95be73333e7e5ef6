#include "ledger/compare/cause_search.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

namespace grounds {
namespace {

FactorSet of(std::initializer_list<Factor> factors) {
  FactorSet set;
  for (Factor factor : factors) set.insert(factor);
  return set;
}

// By definition: a set that gives it, and of which no proper part does.
std::vector<FactorSet> by_definition(FactorSet factors, const std::vector<bool>& gives) {
  std::vector<FactorSet> found;
  for (FactorSet set : subsets_by_size(factors)) {
    if (set.empty() || !gives[set.bits()]) continue;
    const bool smaller = std::ranges::any_of(subsets_by_size(set), [&](FactorSet part) {
      return !part.empty() && part != set && gives[part.bits()];
    });
    if (!smaller) found.push_back(set);
  }
  return found;
}

TEST_CASE("every minimal set is found, and nothing else, whatever gives the other prompt") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    FactorSet factors;
    for (Factor factor : kFactors)
      if (random() % 2) factors.insert(factor);
    std::vector<bool> gives(1u << kFactors.size());
    const unsigned one_in = 2 + static_cast<unsigned>(random() % 60);
    for (std::size_t i = 0; i < gives.size(); ++i) gives[i] = random() % one_in == 0;
    auto sets = find_minimal_sets(factors, [&](FactorSet set) -> Result<bool> { return gives[set.bits()]; });
    REQUIRE(sets);
    CHECK(sets->minimal == by_definition(factors, gives));
    CHECK(sets->not_tried.empty());
  }
}

TEST_CASE("of two causes either alone or both together are told apart") {
  const FactorSet factors = of({Factor::kData, Factor::kSettings, Factor::kTime});
  auto either = find_minimal_sets(factors, [](FactorSet set) -> Result<bool> {
    return set.contains(Factor::kData) || set.contains(Factor::kSettings);
  });
  REQUIRE(either);
  CHECK(either->minimal == std::vector{of({Factor::kData}), of({Factor::kSettings})});
  auto both = find_minimal_sets(factors, [](FactorSet set) -> Result<bool> {
    return set.contains(Factor::kData) && set.contains(Factor::kSettings);
  });
  REQUIRE(both);
  CHECK(both->minimal == std::vector{of({Factor::kData, Factor::kSettings})});
}

TEST_CASE("a mixture that cannot be made is passed over and said; a damaged workspace is an error") {
  const FactorSet factors = of({Factor::kData, Factor::kEmbedding});
  auto sets = find_minimal_sets(factors, [](FactorSet set) -> Result<bool> {
    if (set == of({Factor::kEmbedding})) return fail(ErrorCode::kUnavailable, "never embedded");
    return set.contains(Factor::kEmbedding);
  });
  REQUIRE(sets);
  CHECK(sets->minimal == std::vector{of({Factor::kData, Factor::kEmbedding})});
  CHECK(sets->not_tried == std::vector<std::string>{"never embedded"});
  CHECK_FALSE(find_minimal_sets(factors, [](FactorSet) -> Result<bool> { return fail(ErrorCode::kDamaged, "bad"); }));
}

TEST_CASE("subsets come by size, each once") {
  const auto subsets = subsets_by_size(of({Factor::kQuestion, Factor::kData, Factor::kRerank}));
  CHECK(subsets.size() == 8);
  CHECK(subsets.front().empty());
  CHECK(subsets.back().size() == 3);
  CHECK(std::ranges::is_sorted(subsets, {}, [](FactorSet set) { return set.size(); }));
}

}  // namespace
}  // namespace grounds
