#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "embedding/encoder.h"
#include "embedding/pooling.h"

using namespace grounds;

namespace {

// The nearest whole number to scale * x, the even one of two, by looking at all that could be.
int nearest_code(double scaled) {
  int best = -127;
  for (int code = -127; code <= 127; ++code) {
    const double closer = std::fabs(scaled - best) - std::fabs(scaled - code);
    if (closer > 0 || (closer == 0 && code % 2 == 0)) best = code;
  }
  return best;
}

}  // namespace

TEST_CASE("a code is the nearest whole number, the even one of two, within -127 and 127") {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<float> any(-0.4f, 0.4f);
  for (const double scale : {1.0, 64.0, 415.0, 600.0}) {
    std::vector<float> vector;
    for (int i = 0; i < 300; ++i) vector.push_back(any(random));
    for (int i = -300; i < 300; ++i) vector.push_back(static_cast<float>((i + 0.5) / 64));  // exact halves at 64
    std::uint64_t saturated = 0, expected_saturated = 0;
    const auto codes = quantize(vector, scale, &saturated);
    REQUIRE(codes.size() == vector.size());
    for (std::size_t i = 0; i < vector.size(); ++i) {
      const double scaled = scale * static_cast<double>(vector[i]);
      INFO("scale ", scale, " x ", vector[i]);
      CHECK(codes[i] == nearest_code(scaled));
      expected_saturated += std::fabs(scaled) > 127;
    }
    CHECK(saturated == expected_saturated);
  }
}

TEST_CASE("saturation adds up over calls") {
  std::uint64_t saturated = 5;
  const std::vector<float> vector{1.0f, -1.0f, 0.1f};
  CHECK(quantize(vector, 200, &saturated) == std::vector<std::int8_t>{127, -127, 20});
  CHECK(saturated == 7);
}

TEST_CASE("pooling takes the first row, the last, or the mean, and gives a unit vector") {
  const std::vector<float> rows{3, 4, 0, 5, -6, 8};
  const auto check = [&](Pooling pooling, std::vector<float> expected) {
    const auto vector = pool_and_normalize(rows, 2, pooling);
    REQUIRE(vector.size() == 2);
    CHECK(vector[0] == doctest::Approx(expected[0]));
    CHECK(vector[1] == doctest::Approx(expected[1]));
  };
  check(Pooling::kCls, {0.6f, 0.8f});
  check(Pooling::kLastToken, {-0.6f, 0.8f});
  check(Pooling::kMean, {-3 / std::sqrt(298.0f), 17 / std::sqrt(298.0f)});
}

TEST_CASE("rows that cannot be normalised give no vector") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  for (const std::vector<float>& rows : {std::vector<float>{0, 0}, {nan, 1}, {1, infinity}, {1, nan}})
    CHECK(pool_and_normalize(rows, 2, Pooling::kMean).empty());
}
