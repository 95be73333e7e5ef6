// Documents of the web: a list of URLs, or a sitemap.
#pragma once

#include <istream>
#include <memory>
#include <string>

#include "ingest/sources/source.h"
#include "ingest/sources/web_client.h"

namespace grounds {

// One URL a line; empty lines and those that start with "#" are passed over. The URL as written, without its
// fragment, is the document's URI; a second one that is equal is passed over. A line that is no URL, or names a
// host that is not allowed, is a failure of its own. Documents are fetched when they are read, and their format is
// known by what the server calls it and the name in the URL. Both arguments must outlive the source.
std::unique_ptr<Source> open_url_list(std::istream& input, const WebSettings& settings);

// The URLs of the sitemap at `url`; of an index, those of all sitemaps that it lists, which are fetched one after
// another. One that cannot be had is a failure that stands for any document: nothing is taken for gone.
std::unique_ptr<Source> open_sitemap(std::string url, const WebSettings& settings);

}  // namespace grounds
