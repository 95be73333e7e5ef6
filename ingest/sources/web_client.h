// Documents fetched over HTTP, from the hosts that an administrator allows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"

namespace grounds {

// [web] of grounds.toml.
struct WebSettings {
  std::vector<std::string> hosts = {};     // that may be asked; see host_is_listed. None: nothing is fetched
  std::vector<std::string> private_hosts = {};  // of these, those that may have addresses outside of the public internet
  int timeout_seconds = 30;                // for one document, redirects included, however slowly it comes
  int max_megabytes = 64;                  // of one document
  int max_urls = 50'000;                   // of one list or sitemap
};

// kUsage naming what is wrong.
Status check_web_settings(const WebSettings& settings);

struct WebPage {
  std::string bytes;
  std::string content_type;                // in lower case, without parameters: "text/html"
};

// The content of a URL. Each host, those of redirects (5 at most, never from https to http) included, must be
// listed, and all addresses its name has must be public unless it is among the private ones; the connection is
// made to an address that was so checked, not to the name. Status 200 with its whole body is content, all else an
// error with the reason. kRefused: the host or address is not allowed. kBadInput: too large, a status that says
// that the document is not there. kUnavailable: it could not be had now.
// Thread-safe.
Result<WebPage> fetch_page(const std::string& url, const WebSettings& settings, std::uint64_t limit = UINT64_MAX);

}  // namespace grounds
