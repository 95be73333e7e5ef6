#include "index/lexical/scoring.h"

#include <doctest/doctest.h>

#include <random>

#include "index/lexical/contributions.h"

using namespace grounds;

TEST_CASE("a contribution never falls with more occurrences, nor with a shorter text") {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int i = 0; i < 100000; ++i) {
    const double factor = unit(random) * 2e7, norm = unit(random) * (i % 2 == 0 ? 1 : 1e-9), longer = norm * (1 + unit(random) * (i % 3 == 0 ? 1e-15 : 1));
    const auto tf = static_cast<std::uint32_t>(random() >> (32 + random() % 31)) >> 3;
    INFO("factor " << factor << " norm " << norm << " tf " << tf);
    REQUIRE(contribution(factor, tf, norm) <= contribution(factor, tf + 1, norm));
    REQUIRE(contribution(factor, tf, longer) <= contribution(factor, tf, norm));
  }
}

TEST_CASE("a contribution is rounded to even at halves and is at least one where the term occurs") {
  CHECK(contribution(2.5, 1, 0) == 2);
  CHECK(contribution(3.5, 1, 0) == 4);
  CHECK(contribution(7, 1, 1) == 4);
  CHECK(contribution(0, 1, 0.5) == 1);
  CHECK(contribution(1e7, 0, 0) == 0);
}

TEST_CASE("contributions in a row are those one by one") {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> unit(0, 1);
  for (std::uint32_t count = 0; count <= 128; ++count) {
    std::vector<std::uint32_t> frequencies;
    std::vector<double> norms;
    for (std::uint32_t i = 0; i < count; ++i) {
      frequencies.push_back(static_cast<std::uint32_t>(random() % 5));
      norms.push_back(unit(random) * 3);
    }
    const double factor = unit(random) * 1e7;
    std::vector<std::int32_t> scores(count);
    contributions(factor, frequencies.data(), norms.data(), count, scores.data());
    for (std::uint32_t i = 0; i < count; ++i) CHECK(scores[i] == contribution(factor, frequencies[i], norms[i]));
  }
}
