// Which places of the web may be asked: URLs taken apart, hosts held against a list, addresses told public or not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"

namespace grounds::sources {

struct WebUrl {
  bool encrypted = false;     // https
  std::string host;           // in lower case; an IPv6 address without brackets
  int port = 80;
  std::string target = "/";   // path and query, ready to be sent: what ASCII has no letter for is percent-encoded
  std::string origin() const; // "https://docs.example.com", with the port unless it is the scheme's own
};

// kBadInput: not http or https, a user name or password in it, a host that is no ASCII name, control characters.
// A fragment is dropped.
Result<WebUrl> parse_web_url(std::string_view url);

// `location` of a redirect, absolute or relative, as a URL.
Result<WebUrl> resolve_location(const WebUrl& from, std::string_view location);

// Whether a list entry means the host: "docs.example.com", "docs.example.com:8443" for one port, "*.example.com" for
// all names below. An IPv6 address stands in brackets.
bool host_is_listed(const WebUrl& url, const std::vector<std::string>& list);

// False for addresses that are not of the public internet: private, loopback, link-local, carrier-grade NAT,
// multicast, documentation and test nets, reserved ones, and IPv6 forms that carry such an IPv4 address.
// `address`: 4 or 16 bytes in network order.
bool is_public_address(std::string_view address);

}  // namespace grounds::sources
