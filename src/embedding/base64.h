// Base64 as RFC 4648, section 4, has it: what tokenizer.json and embedding servers use.
#pragma once

#include <string>
#include <string_view>

#include "grounds/result.h"

namespace grounds {

// The standard alphabet; padding may be left out. kBadInput for anything else.
Result<std::string> decode_base64(std::string_view text);

}  // namespace grounds
