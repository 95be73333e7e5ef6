#include "evaluation/statistics.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

namespace grounds {
namespace {

std::vector<double> normal(std::mt19937_64& random, std::size_t count, double mean, double deviation) {
  std::normal_distribution<double> distribution(mean, deviation);
  std::vector<double> values(count);
  for (double& value : values) value = distribution(random);
  return values;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

TEST_CASE("the interval of a mean is that of normal theory where it holds") {
  std::mt19937_64 random(3);
  std::vector<double> values = normal(random, 400, 0.5, 0.2);
  Interval interval = bootstrap_interval(values);
  const double half = 1.96 * 0.2 / std::sqrt(400.0), mean = mean_of(values);
  CHECK(interval.low == doctest::Approx(mean - half).epsilon(0.01));
  CHECK(interval.high == doctest::Approx(mean + half).epsilon(0.01));
}

TEST_CASE("95 % intervals contain the true mean about 95 times of 100") {
  const unsigned seed = 17;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  int contained = 0;
  for (int round = 0; round < 200; ++round) {
    Interval interval = bootstrap_interval(normal(random, 60, 0.4, 0.3), random());
    contained += interval.low <= 0.4 && 0.4 <= interval.high;
  }
  // Binomial: 190 +- 4 deviations of 3.1, and a little less for so small a sample.
  CHECK(contained >= 176);
  CHECK(contained <= 199);
}

TEST_CASE("the same values and seed give the same interval, another seed another") {
  const std::vector<double> values{0.1, 0.9, 0.4, 0.3, 0.8, 0.2};
  CHECK(bootstrap_interval(values, 1) == bootstrap_interval(values, 1));
  CHECK_FALSE(bootstrap_interval(values, 1) == bootstrap_interval(values, 2));
  // As an independent program with the same generator has it: so on every machine.
  CHECK(bootstrap_interval(values).low == doctest::Approx(0.2166666667).epsilon(1e-9));
  CHECK(bootstrap_interval(values).high == doctest::Approx(0.7).epsilon(1e-9));
}

TEST_CASE("an interval of nothing is nothing, one of equal values a point") {
  CHECK(bootstrap_interval({}) == Interval{});
  Interval point = bootstrap_interval(std::vector<double>(20, 0.25));
  CHECK(point.low == doctest::Approx(0.25));
  CHECK(point.high == doctest::Approx(0.25));
}

TEST_CASE("the exchange of few queries is counted out") {
  // Differences 1, 1, 1: of 8 signings two are as far from 0. The two equal queries change nothing.
  const std::vector<double> a{0, 0, 0, 0.5, 0.5}, b{1, 1, 1, 0.5, 0.5};
  PairedTest test = paired_test(a, b);
  CHECK(test.p == 0.25);
  CHECK(test.difference == doctest::Approx(0.6));
  // -0.2 + 0.1 + 0.7 - 0.8 is 0.2 from 0, as two of the sums with other signs are that doubles put nearer.
  CHECK(paired_test(std::vector<double>{0.2, 0, 0, 0.8}, std::vector<double>{0, 0.1, 0.7, 0}).p == 14.0 / 16);
}

TEST_CASE("enumeration and random exchanges agree") {
  const unsigned seed = 23;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::vector<double> a(12, 0.0), b = normal(random, 12, 0.1, 0.2);
  const double exact = paired_test(a, b).p;
  // Every difference twice as two halves is another test; the same twelve beside one of nearly nothing is not.
  a.push_back(0);
  b.push_back(1e-12);
  CHECK(paired_test(a, b).p == doctest::Approx(exact).epsilon(0.1));
}

TEST_CASE("a true difference is found, and exchanging the two only turns its sign") {
  std::mt19937_64 random(29);
  std::vector<double> a = normal(random, 200, 0.5, 0.2), b = a;
  std::vector<double> gain = normal(random, 200, 0.03, 0.05);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] += gain[i];
  PairedTest test = paired_test(a, b), turned = paired_test(b, a);
  CHECK(test.p == doctest::Approx(1.0 / (kResamples + 1)));
  CHECK(test.ci95.low > 0);
  CHECK(test.ci95.low < test.difference);
  CHECK(test.difference < test.ci95.high);
  CHECK(turned.difference == doctest::Approx(-test.difference));
  CHECK(turned.p == test.p);
}

TEST_CASE("where there is no difference, p is below 0.05 about 5 times of 100") {
  const unsigned seed = 31;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  int significant = 0;
  for (int round = 0; round < 200; ++round)
    significant += paired_test(normal(random, 30, 0.5, 0.2), normal(random, 30, 0.5, 0.2), random()).p < kSignificance;
  CHECK(significant >= 1);
  CHECK(significant <= 23);  // 10 +- 4 deviations of 3.1
}

TEST_CASE("equal results are no difference") {
  const std::vector<double> a{0.5, 0.25, 1};
  PairedTest test = paired_test(a, a);
  CHECK(test.p == 1.0);
  CHECK(test.difference == 0);
  CHECK(test.ci95 == Interval{});
}

}  // namespace
}  // namespace grounds
