// A comparison as one page for somebody who was not there: what was asked, what differed, why, whose it
// is, how far that is proven, and how to check it oneself.
#pragma once

#include <string>
#include <string_view>

#include "base/canonical_json.h"

namespace grounds {

// `view`: of comparison_view(). HTML in one file, without anything from elsewhere; every text in it is
// escaped. `language`: "en" or "zh".
std::string comparison_page(const Json& view, std::string_view language);

}  // namespace grounds
