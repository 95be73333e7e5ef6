// Canonical JSON (RFC 8785, JCS): one value, one byte sequence. What is hashed is written with
// this.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "grounds/result.h"

namespace grounds {

using Json = nlohmann::json;

// Keys sorted by UTF-16 code units, numbers as ECMAScript prints them, no white space. Strings must
// be valid UTF-8; NaN, infinities and integers beyond 2^53 are refused (kBadInput).
Result<std::string> canonical_json(const Json& value);

// Strict parsing: duplicate keys, trailing bytes, invalid UTF-8 and nesting beyond `max_depth` are
// errors. An integer beyond 2^53 that is written as canonical_json writes a double is read as that
// double.
Result<Json> parse_json(std::string_view text, int max_depth = 64);

}  // namespace grounds
