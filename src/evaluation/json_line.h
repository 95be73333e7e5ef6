// The fields of a JSON line of a BEIR folder, checked at the door.
#pragma once

#include <string>
#include <string_view>

#include "base/canonical_json.h"
#include "grounds/result.h"

namespace grounds {

// An object; kBadInput names `place`.
Result<Json> parse_json_line(std::string_view line, const std::string& place);
// "_id": a string without control characters, or a whole number, which counts as its digits; not empty.
Result<std::string> id_field(const Json& object, const std::string& place);
// A string; "" where the key is missing or null.
Result<std::string> text_field(const Json& object, const char* key, const std::string& place);

}  // namespace grounds
