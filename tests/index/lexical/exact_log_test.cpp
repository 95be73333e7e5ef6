#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "index/lexical/lexical_search.h"

using grounds::exact_log;

TEST_CASE("the logarithm is that of the C library to within two units in the last place") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200000; ++i) {
    const double x = i % 2 == 0 ? 1 + std::ldexp(static_cast<double>(random() >> 11), static_cast<int>(random() % 80) - 90)
                                : std::ldexp(1 + std::ldexp(static_cast<double>(random() >> 11), -53), static_cast<int>(random() % 2000) - 1000);
    INFO("x = " << x);
    const double expected = std::log(x), got = exact_log(x);
    const double ulp = std::nextafter(std::abs(expected), INFINITY) - std::abs(expected);
    REQUIRE(std::abs(got - expected) <= 2 * ulp);
  }
}

TEST_CASE("the logarithm's bits are what they always were") {
  const auto bits = [](double x) {
    std::uint64_t value = 0;
    std::memcpy(&value, &x, sizeof(x));
    return value;
  };
  CHECK(bits(exact_log(1.0)) == 0);
  CHECK(bits(exact_log(2.0)) == 0x3fe62e42fefa39efu);
  CHECK(bits(exact_log(10.0)) == 0x40026bb1bbb55516u);
  CHECK(bits(exact_log(1234.5678)) == 0x401c7951d51791d7u);
  CHECK(bits(exact_log(1.0000001)) == 0x3e7ad7f2847b6491u);
}

TEST_CASE("The weight of a term is BM25's, finite and above 0 also where more chunks hold it than there are") {
  using grounds::inverse_document_frequency;
  CHECK(inverse_document_frequency(100, 7) == exact_log(1.0 + 93.5 / 7.5));
  CHECK(inverse_document_frequency(100, 0) == exact_log(1.0 + 100.5 / 0.5));
  CHECK(inverse_document_frequency(100, 100) > 0);
  CHECK(inverse_document_frequency(2, 40) == inverse_document_frequency(40, 40));
}
