// Sitemaps (sitemaps.org, version 0.9): lists of the URLs that a site wants read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"

namespace grounds::sources {

struct Sitemap {
  bool is_index = false;            // the locations are sitemaps themselves
  std::vector<std::string> locations;
};

// What stands in <loc> elements of urls or sitemaps, entities resolved; nothing else is looked at, no entity of the
// document's own is expanded. A text without any tag is a list of URLs, one a line. At most `most` locations.
// kBadInput: neither, or more than that. Linear in the size of the text.
Result<Sitemap> parse_sitemap(std::string_view text, std::size_t most);

}  // namespace grounds::sources
