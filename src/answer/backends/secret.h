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

}  // namespace grounds
