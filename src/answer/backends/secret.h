// An API key: read when it is needed, sent in one header, and kept out of everything that is written.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "answer/backends/settings.h"
#include "base/file_system.h"
#include "grounds/result.h"

namespace grounds {

using EnvironmentLookup = std::function<std::optional<std::string>(const std::string&)>;

// The key of a backend, or "" if it names none. Errors name the file or the variable, never what is in it:
// kUnavailable if it cannot be read or is empty, kUsage if it cannot stand in a header.
Result<std::string> read_api_key(const BackendSettings& settings, const FileSystem& file_system,
                                 const EnvironmentLookup& environment);

// Each occurrence of the secret replaced by "[redacted]"; true if there was one. Nothing for "".
bool redact(std::string& text, const std::string& secret);
// The same in bytes that may be JSON, where each character of the secret may be written as an escape.
bool redact_json(std::string& text, const std::string& secret);
// The same in a text that may have been cut: a long beginning of the secret at its end goes, too.
bool redact_cut(std::string& text, const std::string& secret);
// Bytes at the end of `text` that may be the beginning of `secret`, all of it excepted.
std::size_t partial_secret(const std::string& text, const std::string& secret);

}  // namespace grounds
