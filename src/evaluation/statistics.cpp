#include "evaluation/statistics.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace grounds {
namespace {

constexpr std::size_t kEnumerated = 12;

// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // From [0, bound); its bias of bound / 2^32 is far below what kResamples can show.
  std::size_t below(std::uint32_t bound) { return static_cast<std::size_t>(((next() >> 32) * bound) >> 32); }

 private:
  std::uint64_t state_;
};

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// By linear interpolation between the order statistics; `sorted` is not empty.
double quantile(const std::vector<double>& sorted, double share) {
  double place = share * static_cast<double>(sorted.size() - 1);
  auto below = static_cast<std::size_t>(place);
  std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

// How many sums with random or all signs are as far from 0 as the sum itself, over how many.
double exchange_probability(const std::vector<double>& differences, Random& random) {
  double observed = 0, magnitude = 0;
  for (double each : differences) {
    observed += each;
    magnitude += std::abs(each);
  }
  // Sums of the same numbers in another order may differ in their last bits.
  const double bound = std::abs(observed) - 1e-9 * magnitude;
  const bool all = differences.size() <= kEnumerated;
  const std::uint64_t rounds = all ? std::uint64_t{1} << differences.size() : kResamples;
  std::uint64_t as_far = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    double sum = 0;
    std::uint64_t signs = round;
    for (std::size_t i = 0; i < differences.size(); ++i) {
      if (!all && i % 64 == 0) signs = random.next();
      sum += signs & 1 ? differences[i] : -differences[i];
      signs >>= 1;
    }
    if (std::abs(sum) >= bound) ++as_far;
  }
  return all ? static_cast<double>(as_far) / static_cast<double>(rounds)
             : static_cast<double>(as_far + 1) / static_cast<double>(rounds + 1);
}

}  // namespace

Interval bootstrap_interval(std::span<const double> values, std::uint64_t seed) {
  if (values.empty()) return {};
  Random random(seed);
  const auto count = static_cast<std::uint32_t>(values.size());
  std::vector<double> means(kResamples);
  for (double& mean : means) {
    double sum = 0;
    for (std::uint32_t i = 0; i < count; ++i) sum += values[random.below(count)];
    mean = sum / count;
  }
  std::ranges::sort(means);
  return {quantile(means, 0.025), quantile(means, 0.975)};
}

PairedTest paired_test(std::span<const double> a, std::span<const double> b, std::uint64_t seed) {
  PairedTest test;
  std::vector<double> all, differing;
  for (std::size_t i = 0; i < a.size(); ++i) {
    all.push_back(b[i] - a[i]);
    if (all.back() != 0) differing.push_back(all.back());
  }
  if (differing.empty()) return test;
  test.difference = mean_of(all);
  test.ci95 = bootstrap_interval(all, seed);
  Random random(seed ^ 0x517cc1b727220a95u);
  test.p = exchange_probability(differing, random);
  return test;
}

}  // namespace grounds
