// Fuzzes what reads answers of servers that are not trusted: sitemaps, and the URLs and redirects in them.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ingest/sources/sitemap.h"
#include "ingest/sources/web_address.h"

using namespace grounds::sources;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto sitemap = parse_sitemap(bytes, 100);
  if (sitemap && sitemap->locations.size() > 100) std::abort();
  const auto from = parse_web_url("https://example.com/a/b?c");
  for (const auto& url : {parse_web_url(bytes), resolve_location(*from, bytes)}) {
    if (!url) continue;
    // What was read is a URL itself, and means the same.
    const auto again = parse_web_url(url->origin() + url->target);
    if (!again || again->host != url->host || again->port != url->port || again->target != url->target) std::abort();
  }
  return 0;
}
