// Numbers as JSON holds and writes them; shared by canonical_json() and parse_json().
#pragma once

#include <cstdint>
#include <string>

namespace grounds {

// Up to here every integer is a double of its own (RFC 7493, section 2.2, stops one short of it).
constexpr std::int64_t kLargestJsonInteger = std::int64_t{1} << 53;

// A finite number as ECMAScript prints it.
std::string json_number_text(double value);

}  // namespace grounds
