// Exact decimals: what 1,577 and 1.577 thousand have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace grounds {

// An exact, unsigned decimal: mantissa * 10^exponent, the mantissa without trailing zeros (0: exponent 0).
struct Decimal {
  std::uint64_t mantissa = 0;
  int exponent = 0;
  friend bool operator==(const Decimal&, const Decimal&) = default;
};

// Digits with at most one '.'; nothing beyond 19 significant digits (such runs are codes, not amounts).
std::optional<Decimal> parse_decimal(std::string_view digits);
Decimal scale(Decimal value, int power_of_ten);
// Nothing if the sum needs more than 19 digits.
std::optional<Decimal> add(const Decimal& a, const Decimal& b);
std::string format_decimal(const Decimal& value);  // "1577", "0.05"
bool less(const Decimal& a, const Decimal& b);

}  // namespace grounds
