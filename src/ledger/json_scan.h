// Whether a text is exactly one JSON object, without building it: verification reads bodies at the
// speed of memory and needs only to know where one ends.
#pragma once

#include <string_view>

namespace grounds {

// True if `text` is one JSON object (RFC 8259) with nothing before or after it, not even white space
// around it, nested at most 64 deep.
bool is_json_object(std::string_view text);

}  // namespace grounds
