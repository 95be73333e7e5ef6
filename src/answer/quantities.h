// Numbers as people write them, brought to one value and one unit, so that 1,577 = 1577 = 1.577
// thousand = 一千五百七十七, and 1577万元 = CNY 15.77 million.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "answer/decimal.h"

namespace grounds {

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
