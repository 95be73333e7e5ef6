#include "ingest/sources/web_address.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.h"

namespace grounds::sources {
namespace {

tl::unexpected<Error> bad(std::string_view url, std::string_view why) {
  return fail(ErrorCode::kBadInput, "'" + replace_invalid_utf8(url.substr(0, 200)) + "' is no URL that is read: " + std::string(why));
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string encoded(std::string_view target) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F && c != '"' && c != '<' && c != '>') {
      result += c;
    } else {
      result += '%';
      result += kHex[byte >> 4];
      result += kHex[byte & 15];
    }
  }
  return result;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

Status split_authority(std::string_view url, std::string_view authority, WebUrl& parsed) {
  if (authority.find('@') != std::string_view::npos) return bad(url, "it holds a user name or password");
  std::string_view host = authority, port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return bad(url, "the bracket of its address is not closed");
    host = authority.substr(1, end - 1);
    if (host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return bad(url, "its address is none");
    port = authority.substr(end + 1);
    if (!port.empty() && port[0] != ':') return bad(url, "its address is none");
    if (!port.empty()) port.remove_prefix(1);
    parsed.host = lower(host);
  } else {
    if (const std::size_t colon = authority.rfind(':'); colon != std::string_view::npos) {
      host = authority.substr(0, colon);
      port = authority.substr(colon + 1);
    }
    parsed.host = lower(host);
    if (!std::ranges::all_of(parsed.host, is_host_character)) return bad(url, "its host is no ASCII name (write other names as xn--…)");
  }
  if (parsed.host.empty() || parsed.host.size() > 253) return bad(url, "it names no host");
  if (port.empty()) return {};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (error != std::errc() || end != port.data() + port.size() || parsed.port < 1 || parsed.port > 65535) return bad(url, "its port is none");
  return {};
}

bool is_public_v4(const std::array<unsigned char, 4>& a) {
  const auto within = [&](unsigned char first, unsigned char second, int bits) {
    const unsigned address = (static_cast<unsigned>(a[0]) << 8) | a[1];
    const unsigned net = (static_cast<unsigned>(first) << 8) | second;
    return (address >> (16 - bits)) == (net >> (16 - bits));
  };
  const bool is_test_net = (a[0] == 192 && a[1] == 0 && (a[2] == 0 || a[2] == 2)) || (a[0] == 198 && a[1] == 51 && a[2] == 100) ||
                           (a[0] == 203 && a[1] == 0 && a[2] == 113) || (a[0] == 192 && a[1] == 88 && a[2] == 99);
  return !is_test_net && a[0] < 224 && !within(0, 0, 8) && !within(10, 0, 8) && !within(100, 64, 10) && !within(127, 0, 8) &&
         !within(169, 254, 16) && !within(172, 16, 12) && !within(192, 168, 16) && !within(198, 18, 15);
}

}  // namespace

std::string WebUrl::origin() const {
  const bool is_address = host.find(':') != std::string::npos;
  std::string result = encrypted ? "https://" : "http://";
  result += is_address ? "[" + host + "]" : host;
  if (port != (encrypted ? 443 : 80)) result += ":" + std::to_string(port);
  return result;
}

Result<WebUrl> parse_web_url(std::string_view url) {
  WebUrl parsed;
  const std::string scheme = lower(url.substr(0, 8));
  std::string_view rest = url;
  if (scheme.starts_with("https://")) {
    parsed.encrypted = true;
    parsed.port = 443;
    rest.remove_prefix(8);
  } else if (scheme.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return bad(url, "it does not start with http:// or https://");
  }
  if (url.size() > 4096) return bad(url, "it is longer than 4,096 bytes");
  if (std::ranges::any_of(url, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\'; })) {
    return bad(url, "it holds control characters or backslashes");
  }
  rest = rest.substr(0, rest.find('#'));
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  GROUNDS_RETURN_IF_ERROR(split_authority(url, rest.substr(0, end), parsed));
  const std::string_view target = rest.substr(end);
  if (!target.empty()) parsed.target = (target[0] == '?' ? "/" : "") + encoded(target);
  return parsed;
}

Result<WebUrl> resolve_location(const WebUrl& from, std::string_view location) {
  location = trim(location);
  if (location.starts_with("//")) return parse_web_url((from.encrypted ? "https:" : "http:") + std::string(location));
  if (location.starts_with('/')) return parse_web_url(from.origin() + std::string(location));
  if (location.find("://") != std::string_view::npos) return parse_web_url(location);
  const std::string_view path = std::string_view(from.target).substr(0, from.target.find('?'));
  return parse_web_url(from.origin() + std::string(path.substr(0, path.rfind('/') + 1)) + std::string(location));
}

bool host_is_listed(const WebUrl& url, const std::vector<std::string>& list) {
  return std::ranges::any_of(list, [&](const std::string& written) {
    const std::string entry = lower(trim(written));
    std::string_view host = entry;
    if (entry.starts_with('[')) {
      const std::size_t end = std::min(entry.find(']'), entry.size() - 1);
      const std::string_view port = host.substr(end + 1);
      return host.substr(1, end - 1) == url.host && (port.empty() || port == ":" + std::to_string(url.port));
    }
    if (const std::size_t colon = host.rfind(':'); colon != std::string_view::npos) {
      if (host.substr(colon + 1) != std::to_string(url.port)) return false;
      host = host.substr(0, colon);
    }
    if (host.starts_with("*.")) return url.host.size() > host.size() - 1 && url.host.ends_with(host.substr(1));
    return host == url.host;
  });
}

bool is_public_address(std::string_view address) {
  std::array<unsigned char, 4> v4{};
  const auto v4_at = [&](std::size_t at) {
    for (std::size_t i = 0; i < 4; ++i) v4[i] = static_cast<unsigned char>(address[at + i]);
    return is_public_v4(v4);
  };
  if (address.size() == 4) return v4_at(0);
  if (address.size() != 16) return false;
  using namespace std::string_view_literals;
  if (address.starts_with("\0\0\0\0\0\0\0\0\0\0\xFF\xFF"sv)) return v4_at(12);          // IPv4 in IPv6
  if (address.starts_with("\0\x64\xFF\x9B\0\0\0\0\0\0\0\0"sv)) return v4_at(12);        // NAT64
  if (address.starts_with("\x20\x02"sv)) return v4_at(2);                                  // 6to4
  if (address.starts_with("\x20\x01\x0D\xB8"sv) || address.starts_with("\x20\x01\0\0"sv)) return false;  // documentation, Teredo
  return (static_cast<unsigned char>(address[0]) & 0xE0) == 0x20;                          // 2000::/3
}

}  // namespace grounds::sources
