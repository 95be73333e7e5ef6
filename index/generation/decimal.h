// Numbers as they are written, compared exactly: what a filter's ranges mean, with any number of digits.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace grounds {

// A decimal number: optional sign, digits with an optional point, optional exponent, as in JSON; leading zeros and
// a bare point ("007", ".5", "5.") are taken as well. Ordered by value: 1.10 and 1.1e0 are equal. A value type.
class Decimal {
 public:
  // None for what is no number, "nan" and "inf" included, and for an exponent beyond 15 digits.
  static std::optional<Decimal> parse(std::string_view text);
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) = default;

 private:
  // 0.d1d2d3... * 10^exponent with d1 and the last digit not 0; zero has no digits.
  bool negative_ = false;
  std::int64_t exponent_ = 0;
  std::string digits_;
};

}  // namespace grounds
