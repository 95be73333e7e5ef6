#include "embedding/canary.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

using namespace grounds;

namespace {

std::vector<std::vector<float>> vectors(unsigned seed, int dimension = 384, int texts = 2) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> result;
  for (int t = 0; t < texts; ++t) {
    std::vector<float>& vector = result.emplace_back();
    double length = 0;
    for (int i = 0; i < dimension; ++i) {
      vector.push_back(normal(random));
      length += static_cast<double>(vector.back()) * static_cast<double>(vector.back());
    }
    for (float& x : vector) x = static_cast<float>(static_cast<double>(x) / std::sqrt(length));
  }
  return result;
}

std::vector<std::vector<float>> moved(std::vector<std::vector<float>> all, float by) {
  const auto noise = vectors(99, static_cast<int>(all[0].size()), static_cast<int>(all.size()));
  for (std::size_t t = 0; t < all.size(); ++t)
    for (std::size_t i = 0; i < all[t].size(); ++i) all[t][i] += by * noise[t][i];
  return all;
}

constexpr double kScale = 600;

}  // namespace

TEST_CASE("a served model's canary tells rounding from another model") {
  const std::string before = canary_of_served(vectors(1), kScale);
  CHECK(compare_canaries(before, before) == CanaryVerdict::kSame);
  CHECK(compare_canaries(before, canary_of_served(moved(vectors(1), 0.003f), kScale)) == CanaryVerdict::kSame);
  CHECK(compare_canaries(before, canary_of_served(moved(vectors(1), 0.2f), kScale)) == CanaryVerdict::kDrifted);
  CHECK(compare_canaries(before, canary_of_served(vectors(2), kScale)) == CanaryVerdict::kDrifted);
  // One text of two is enough.
  auto half = vectors(1);
  half[1] = vectors(2)[1];
  CHECK(compare_canaries(before, canary_of_served(half, kScale)) == CanaryVerdict::kDrifted);
}

TEST_CASE("a local model's canary is equal or not") {
  const std::string before = canary_of_codes(vectors(1), kScale);
  CHECK(before.size() == 64);
  CHECK(compare_canaries(before, canary_of_codes(vectors(1), kScale)) == CanaryVerdict::kSame);
  CHECK(compare_canaries(before, canary_of_codes(moved(vectors(1), 0.01f), kScale)) == CanaryVerdict::kDiffers);
}

TEST_CASE("canaries of two kinds, of other texts, damaged or missing say nothing") {
  const std::string served = canary_of_served(vectors(1), kScale), local = canary_of_codes(vectors(1), kScale);
  for (const std::string& other : {std::string(), local, canary_of_served(vectors(1, 384, 3), kScale), std::string("codes:"), std::string("codes:zz")})
    CHECK(compare_canaries(served, other) == CanaryVerdict::kUnknown);
  CHECK(compare_canaries("", "") == CanaryVerdict::kUnknown);
}
