// Every kernel that this CPU can run, against sums in 64-bit arithmetic.
#include "index/vector/kernel.h"

#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "index/vector/scan.h"
#include "memory_segment.h"

using namespace grounds;

namespace {

std::int64_t exact_dot(const std::int8_t* a, const std::int8_t* b, std::size_t dimension) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < dimension; ++i) sum += std::int64_t{a[i]} * b[i];
  return sum;
}

// The rows end where the allocation ends, so that the address sanitizer sees any read past them.
void check_all_entry_points(const Kernel& kernel, const std::vector<std::int8_t>& query,
                            const std::vector<std::int8_t>& rows, std::mt19937_64& random) {
  const std::size_t dimension = query.size();
  const std::size_t count = rows.size() / dimension;
  std::vector<std::int32_t> scores(count);
  kernel.contiguous(query.data(), dimension, rows.data(), count, scores.data());
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t expected = exact_dot(query.data(), rows.data() + i * dimension, dimension);
    REQUIRE(scores[i] == expected);
    REQUIRE(kernel.pair(query.data(), rows.data() + i * dimension, dimension) == expected);
    REQUIRE(kernel.pair(rows.data() + i * dimension, query.data(), dimension) == expected);
  }
  std::vector<std::uint32_t> ordinals(count * 2);
  for (auto& ordinal : ordinals) ordinal = static_cast<std::uint32_t>(random() % count);
  std::vector<std::int32_t> gathered(ordinals.size());
  kernel.gather(query.data(), dimension, rows.data(), ordinals.data(), ordinals.size(),
                gathered.data());
  for (std::size_t i = 0; i < ordinals.size(); ++i) REQUIRE(gathered[i] == scores[ordinals[i]]);
}

}  // namespace

TEST_CASE("Every kernel gives the exact integer for random vectors of every dimension up to 300") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (const Kernel& kernel : available_kernels()) {
    INFO("kernel " << kernel.name);
    for (std::size_t dimension = 1; dimension <= 300; ++dimension) {
      INFO("dimension " << dimension);
      const auto query = test::random_codes(random, dimension);
      const auto rows = test::random_codes(random, dimension * (1 + random() % 11));
      check_all_entry_points(kernel, query, rows, random);
    }
  }
}

TEST_CASE("Every kernel is exact at the dimensions of real models and at the largest allowed") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (const Kernel& kernel : available_kernels()) {
    INFO("kernel " << kernel.name);
    for (const std::size_t dimension :
         {std::size_t{384}, std::size_t{512}, std::size_t{768}, std::size_t{1024},
          std::size_t{1536}, std::size_t{4097}, kMaxDimension}) {
      INFO("dimension " << dimension);
      const auto query = test::random_codes(random, dimension);
      check_all_entry_points(kernel, query, test::random_codes(random, dimension * 9), random);
    }
  }
}

TEST_CASE("Every kernel is exact where products are extreme: all of -128, -127, 0 and 127") {
  std::mt19937_64 random(1);
  const std::int8_t extremes[] = {-128, -127, -1, 0, 1, 127};
  for (const Kernel& kernel : available_kernels()) {
    INFO("kernel " << kernel.name);
    for (const std::size_t dimension : {std::size_t{1}, std::size_t{63}, std::size_t{64},
                                        std::size_t{65}, std::size_t{384}, kMaxDimension}) {
      INFO("dimension " << dimension);
      for (const std::int8_t a : extremes) {
        for (const std::int8_t b : extremes) {
          const std::vector<std::int8_t> query(dimension, a);
          check_all_entry_points(kernel, query, std::vector<std::int8_t>(dimension * 5, b), random);
        }
      }
      std::vector<std::int8_t> alternating(dimension);
      for (std::size_t i = 0; i < dimension; ++i) alternating[i] = i % 2 == 0 ? -128 : 127;
      check_all_entry_points(kernel, alternating, alternating, random);
    }
  }
}

TEST_CASE("Every kernel summarises a block of scores exactly, the largest possible included") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  constexpr std::int32_t kLargest = static_cast<std::int32_t>(kMaxDimension) * 128 * 128;
  std::uniform_int_distribution<std::int32_t> any(-kLargest, kLargest);
  for (const Kernel& kernel : available_kernels()) {
    INFO("kernel " << kernel.name);
    for (std::size_t count = 1; count <= kBlockRows; ++count) {
      std::vector<std::int32_t> scores(count, count % 2 == 0 ? kLargest : -kLargest);
      if (count % 3 != 0) {
        for (auto& score : scores) score = any(random);
      }
      BlockSummary expected;
      for (const std::int32_t score : scores) {
        expected.sum += score;
        expected.sum_of_squares += static_cast<std::uint64_t>(std::int64_t{score} * score);
        expected.minimum = std::min(expected.minimum, score);
        expected.maximum = std::max(expected.maximum, score);
      }
      const BlockSummary summary = kernel.summarise(scores.data(), count);
      REQUIRE(summary.sum == expected.sum);
      REQUIRE(summary.sum_of_squares == expected.sum_of_squares);
      REQUIRE(summary.minimum == expected.minimum);
      REQUIRE(summary.maximum == expected.maximum);
    }
  }
}

TEST_CASE("The scalar kernel is always there, and dot() gives the same as the others") {
  REQUIRE(available_kernels().front().name == "scalar");
  const std::vector<std::int8_t> a{-128, 127, 3}, b{-128, -127, 5};
  CHECK(dot(a, b) == 128 * 128 - 127 * 127 + 15);
  CHECK(dot(std::span<const std::int8_t>{}, std::span<const std::int8_t>{}) == 0);
}
