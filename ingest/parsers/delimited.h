// Delimiter-separated values (RFC 4180, and what programs write in its name).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"

namespace grounds::parsing {

using Records = std::vector<std::vector<std::string>>;

// The records of `text`. A field in double quotes may hold delimiters, line breaks and doubled quotes; a
// quote inside a field that does not start with one is an ordinary character; what follows a closing
// quote belongs to the field. Lines without any character are no records.
// kBadInput: a quoted field that does not end, or more cells than limits.h allows.
Result<Records> read_records(std::string_view text, char delimiter);

// Of "," ";" tab and "|", the one that parts the first records most evenly; "," if none does.
char detect_delimiter(std::string_view text);

}  // namespace grounds::parsing
