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

bool redact(std::string& text, const std::string& secret) {
  constexpr std::string_view kMark = "[redacted]";
  if (secret.empty()) return false;
  bool found = false;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kMark.size())) {
    text.replace(at, secret.size(), kMark);
    found = true;
  }
  return found;
}

}  // namespace grounds
