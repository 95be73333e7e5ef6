#include "answer/backends/settings.h"

#include <algorithm>
#include <charconv>

namespace grounds {
namespace {

bool is_host(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == ':' || c == '[' || c == ']';
  });
}

// "host", "host:port" or "[v6]:port"; a port is 1 to 65535.
bool has_good_port(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return false;
    authority.remove_prefix(close + 1);
  } else {
    authority.remove_prefix(std::min(authority.find(':'), authority.size()));
  }
  if (authority.empty()) return true;
  int port = 0;
  const char* end = authority.data() + authority.size();
  const auto read = std::from_chars(authority.data() + 1, end, port);
  return authority.front() == ':' && read.ec == std::errc{} && read.ptr == end && port >= 1 && port <= 65535;
}

}  // namespace

Result<Endpoint> parse_endpoint(const std::string& base_url) {
  const auto wrong = [&](const std::string& why) {
    return fail(ErrorCode::kUsage, "base_url " + why, "write it like http://127.0.0.1:8081/v1");
  };
  const std::size_t scheme = base_url.find("://");
  if (scheme == std::string::npos || (base_url.substr(0, scheme) != "http" && base_url.substr(0, scheme) != "https"))
    return wrong("must begin with http:// or https://");
  if (base_url.find('@') != std::string::npos)
    return wrong("must not hold a user or a password; keys belong into api_key_file or api_key_env");
  if (base_url.find_first_of("?#") != std::string::npos) return wrong("must not hold a query or a fragment");
  if (std::ranges::any_of(base_url, [](unsigned char c) { return c <= ' ' || c >= 0x7F; }))
    return wrong("must not hold blanks or other than ASCII characters");
  const std::size_t slash = base_url.find('/', scheme + 3);
  Endpoint endpoint{base_url.substr(0, slash), slash == std::string::npos ? std::string() : base_url.substr(slash)};
  while (endpoint.path.ends_with('/')) endpoint.path.pop_back();
  if (!is_host(std::string_view(endpoint.origin).substr(scheme + 3))) return wrong("names no host");
  if (!has_good_port(std::string_view(endpoint.origin).substr(scheme + 3))) return wrong("names a port that is none of 1 to 65535");
  return endpoint;
}

Status check_backend(const std::string& name, const BackendSettings& settings) {
  const auto wrong = [&](const std::string& what) {
    return fail(ErrorCode::kUsage, "backends." + name + ": " + what, "see docs/answers.md");
  };
  if (name == "extractive") return wrong("this name is the built-in backend's; choose another one");
  if (settings.kind != "openai") return wrong("kind must be \"openai\"");
  if (auto endpoint = parse_endpoint(settings.base_url); !endpoint) return wrong(endpoint.error().message);
  if (settings.model.empty()) return wrong("model is missing");
  if (!settings.api_key_file.empty() && !settings.api_key_env.empty())
    return wrong("give api_key_file or api_key_env, not both");
  if (settings.timeout_seconds < 1) return wrong("timeout_seconds must be at least 1");
  if (settings.connect_timeout_seconds < 1) return wrong("connect_timeout_seconds must be at least 1");
  if (settings.retries > 10) return wrong("retries must be at most 10");
  if (settings.breaker_seconds < 1) return wrong("breaker_seconds must be at least 1");
  if (settings.budget && !settings.budget->tokens && !settings.budget->money) return wrong("budget has neither 'tokens' nor 'money'");
  if (settings.budget && !answer_limit(settings.extra_body))
    return wrong("a budget needs extra_body.max_tokens: what a call can cost is reserved before it is made");
  for (const std::string& canary : settings.canaries)
    if (canary.empty() || canary.size() > 2000) return wrong("a canary has 1 to 2000 bytes");
  if (settings.canaries.size() > 20) return wrong("canaries: 20 at most");
  if (settings.max_response_bytes < 1024) return wrong("max_response_bytes must be at least 1024");
  for (const char* key : {"model", "messages", "stream", "stream_options", "n"})
    if (settings.extra_body.contains(key)) return wrong(std::string("extra_body must not hold '") + key + "'");
  if (!canonical_json(settings.extra_body)) return wrong("extra_body holds a number that JSON cannot carry exactly");
  if (std::ranges::find(settings.fallback, name) != settings.fallback.end()) return wrong("it is its own fallback");
  return {};
}

Json request_parameters(const BackendSettings& settings, const std::optional<double>& temperature) {
  Json parameters = Json::object();
  if (settings.temperature) parameters["temperature"] = *settings.temperature;
  if (settings.seed) parameters["seed"] = *settings.seed;
  for (const auto& [key, value] : settings.extra_body.items()) parameters[key] = value;
  if (temperature) parameters["temperature"] = *temperature;
  return parameters;
}

}  // namespace grounds
