// Messages for the person who runs the program, on stderr (spdlog). Secrets and document texts
// never go through here.
#pragma once

#include <string_view>

namespace grounds {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };
void set_log_level(LogLevel level);
void log_debug(std::string_view message);
void log_info(std::string_view message);
void log_warning(std::string_view message);
void log_error(std::string_view message);

}  // namespace grounds
