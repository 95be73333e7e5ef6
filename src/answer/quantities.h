// Numbers as people write them, brought to one value and one unit, so that 1,577 = 1577 = 1.577
// thousand = 一千五百七十七, and 1577万元 = CNY 15.77 million.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

struct Quantity {
  std::size_t begin = 0, end = 0;   // bytes of the text, currency sign and unit included
  std::vector<Decimal> values;      // readings: "5M" may be 5 or 5,000,000
  std::string unit;                 // "" if none; else canonical: "cny", "percent", "day", "person", ...
  bool currency() const;
};

// All amounts in the text, left to right. Dates and codes (see below) are none.
std::vector<Quantity> find_quantities(std::string_view text);

// An identifier that has digits: GX-200, ERR-1045, v7.1.0, 400-820-8820, 192.168.1.1, 9:30.
struct Code {
  std::size_t begin = 0, end = 0;
  std::string folded;               // lower case, half width; times as HH:MM
};
std::vector<Code> find_codes(std::string_view text);

bool same_value(const Quantity& a, const Quantity& b);
// Equal values; and equal units, where both have one. Percent never equals a plain number with a unit.
bool same_quantity(const Quantity& a, const Quantity& b);

// The power of ten and the unit that a table's header or caption gives its cells: "(CNY 10k)", "万元",
// "in millions", "%".
struct HeaderUnit {
  int power_of_ten = 0;
  std::string unit;
};
HeaderUnit header_unit(std::string_view header);

}  // namespace grounds
