// How sure a mean over queries is, and whether two systems differ: resampling, seeded, so that the same
// results give the same numbers on every machine.
#pragma once

#include <cstdint>
#include <span>

namespace grounds {

inline constexpr std::uint32_t kResamples = 10000;
inline constexpr std::uint64_t kStatisticsSeed = 20261124;
inline constexpr double kSignificance = 0.05;

struct Interval {
  double low = 0, high = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

// The 95 % interval of the mean of `values`: percentiles of the means of kResamples samples drawn with
// replacement (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3).
// {0, 0} for none.
Interval bootstrap_interval(std::span<const double> values, std::uint64_t seed = kStatisticsSeed);

struct PairedTest {
  double difference = 0;  // mean of b - a
  Interval ci95;          // of it, by the bootstrap over queries
  // Two-sided probability of a difference of at least this size if a and b were interchangeable for each
  // query: the randomisation test of Smucker, Allan and Carterette (CIKM 2007). All 2^n exchanges where at
  // most 12 queries differ, else kResamples random ones (then at least 1 / (kResamples + 1)).
  double p = 1;
};

// `a` and `b` of equal size, by query.
PairedTest paired_test(std::span<const double> a, std::span<const double> b, std::uint64_t seed = kStatisticsSeed);

}  // namespace grounds
