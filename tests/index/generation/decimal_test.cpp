// Numbers as they are written, in any length, compared by value.
#include "index/generation/decimal.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

namespace grounds::test {
namespace {

Decimal number(std::string_view text) {
  const std::optional<Decimal> parsed = Decimal::parse(text);
  INFO(std::string(text));
  REQUIRE(parsed);
  return *parsed;
}

TEST_CASE("numbers are ordered by value, to the last digit") {
  const std::vector<std::string> ascending = {
      "-1e400", "-110101199003071235", "-110101199003071234", "-2", "-1.10000000000000000001", "-1.1", "-1", "-0.5", "-1e-400", "0",
      "1e-400", "0.1", "0.10000000000000000001", "0.5", "1", "1.05", "1.1", "2", "10", "9007199254740992", "9007199254740993",
      "110101199003071234", "110101199003071235", "1e400", "1.1e400"};
  for (std::size_t i = 0; i < ascending.size(); ++i)
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      CAPTURE(ascending[i]);
      CAPTURE(ascending[j]);
      CHECK((number(ascending[i]) <=> number(ascending[j])) == (i <=> j));
      CHECK((number(ascending[i]) == number(ascending[j])) == (i == j));
    }
}

TEST_CASE("every spelling of a value is that value") {
  for (const char* text : {"1200", "1200.0", "001200.", "+1200", "1.2e3", "1.2E+3", "12e2", "120000e-2", "0.0012e6", ".12e4"})
    CHECK(number(text) == number("1200"));
  for (const char* text : {"0", "-0", "0.000", ".0", "0e9", "-0.0e-5"}) CHECK(number(text) == number("0"));
}

TEST_CASE("what is no number is none") {
  for (const char* text : {"", "-", ".", "e5", "1e", "1e+", "nan", "inf", "1.2.3", "2021-03-04", " 1", "1 ", "0x10", "1e1234567890123456", "1,5"}) {
    CAPTURE(std::string(text));
    CHECK(!Decimal::parse(text));
  }
}

TEST_CASE("small numbers are ordered as integers are, whatever point and exponent they are written with") {
  std::mt19937_64 random(5);
  const auto spelled = [&](long long value) {
    std::string text = std::to_string(value);
    const int shift = static_cast<int>(random() % 9) - 4;
    if (shift == 0) return text;
    return text + (shift < 0 ? std::string(static_cast<std::size_t>(-shift), '0') : std::string()) + "e" +
           std::to_string(shift < 0 ? shift : 0);
  };
  for (int i = 0; i < 5000; ++i) {
    const long long a = static_cast<long long>(random() % 4001) - 2000, b = static_cast<long long>(random() % 4001) - 2000;
    const std::string first = spelled(a), second = spelled(b);
    CAPTURE(first);
    CAPTURE(second);
    CHECK((number(first) <=> number(second)) == (a <=> b));
  }
}

}  // namespace
}  // namespace grounds::test
