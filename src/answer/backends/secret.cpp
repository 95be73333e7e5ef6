#include "answer/backends/secret.h"

#include <algorithm>

#include "base/utf8.h"

namespace grounds {

Result<std::string> read_api_key(const BackendSettings& settings, const FileSystem& file_system,
                                 const EnvironmentLookup& environment) {
  std::string key, where;
  if (!settings.api_key_env.empty()) {
    where = "environment variable " + settings.api_key_env;
    auto value = environment(settings.api_key_env);
    if (!value) return fail(ErrorCode::kUnavailable, where + ", which holds the API key, is not set", "set it");
    key = *value;
  } else if (!settings.api_key_file.empty()) {
    where = "file " + settings.api_key_file;
    auto text = file_system.read(settings.api_key_file, 1 << 16);
    if (!text)
      return fail(ErrorCode::kUnavailable, where + ", which holds the API key, cannot be read: " + text.error().message,
                  "put the key into it, readable for this user only");
    key = *text;
  } else {
    return std::string();
  }
  key = std::string(trim(key));
  if (key.empty()) return fail(ErrorCode::kUnavailable, where + " holds no API key", "put the key into it");
  if (!std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7F; }))
    return fail(ErrorCode::kUsage, where + " holds what is no API key: blanks, line breaks or other than ASCII", "one key, one line");
  return key;
}

namespace {

constexpr std::string_view kMark = "[redacted]";

// The length of `c` at `at`, as itself or as an escape of JSON; 0 if it does not stand there.
std::size_t length_of(const std::string& text, std::size_t at, char c) {
  if (at >= text.size()) return 0;
  if (text[at] != '\\') return text[at] == c ? 1 : 0;
  if (at + 1 < text.size() && text[at + 1] == c && (c == '/' || c == '"' || c == '\\')) return 2;
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(c);
  const std::string wanted = {'u', '0', '0', kHex[code >> 4], kHex[code & 15]};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (at + 1 + i >= text.size()) return 0;
    const char have = text[at + 1 + i];
    const char folded = i > 0 && have >= 'A' && have <= 'F' ? static_cast<char>(have + 32) : have;
    if (folded != wanted[i]) return text[at] == c ? 1 : 0;
  }
  return 6;
}

}  // namespace

bool redact_json(std::string& text, const std::string& secret) {
  if (secret.empty()) return false;
  bool found = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::size_t end = at;
    for (const char c : secret) {
      const std::size_t length = length_of(text, end, c);
      end = length == 0 ? std::string::npos : end + length;
      if (length == 0) break;
    }
    if (end == std::string::npos) continue;
    text.replace(at, end - at, kMark);
    at += kMark.size() - 1;
    found = true;
  }
  return found;
}

std::size_t partial_secret(const std::string& text, const std::string& secret) {
  if (secret.empty()) return 0;
  for (std::size_t size = std::min(text.size(), secret.size() - 1); size > 0; --size)
    if (text.ends_with(std::string_view(secret).substr(0, size))) return size;
  return 0;
}

bool redact_cut(std::string& text, const std::string& secret) {
  constexpr std::size_t kTelling = 8;  // fewer characters may stand there by chance
  bool found = redact(text, secret);
  if (const std::size_t rest = partial_secret(text, secret); rest >= kTelling) {
    text.replace(text.size() - rest, rest, kMark);
    found = true;
  }
  return found;
}

bool redact(std::string& text, const std::string& secret) {
  if (secret.empty()) return false;
  bool found = false;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kMark.size())) {
    text.replace(at, secret.size(), kMark);
    found = true;
  }
  return found;
}

}  // namespace grounds
