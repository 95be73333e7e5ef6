#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <string>

#include "base/utf8.h"

namespace grounds {
namespace {

// The one logger of the process. Messages name files and URIs that others chose, so control
// characters are written as escapes: a file name cannot forge a line or drive a terminal.
spdlog::logger& logger() {
  static const auto instance = [] {
    auto created = std::make_shared<spdlog::logger>(
        "grounds", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    created->set_pattern("grounds: %l: %v");
    created->set_level(spdlog::level::info);
    return created;
  }();
  return *instance;
}

bool is_control(char32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

std::string one_line(std::string_view message) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::string valid = replace_invalid_utf8(message);
  std::string line;
  line.reserve(valid.size());
  for (std::size_t position = 0; position < valid.size();) {
    const char32_t code_point = next_code_point(valid, position);
    if (is_control(code_point)) {
      line += "\\x";
      line += kDigits[code_point >> 4];
      line += kDigits[code_point & 15];
    } else {
      append_utf8(line, code_point);
    }
  }
  return line;
}

void log_at(spdlog::level::level_enum level, std::string_view message) {
  if (!logger().should_log(level)) return;
  logger().log(level, spdlog::string_view_t(one_line(message)));
}

}  // namespace

void set_log_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      logger().set_level(spdlog::level::debug);
      break;
    case LogLevel::kInfo:
      logger().set_level(spdlog::level::info);
      break;
    case LogLevel::kWarning:
      logger().set_level(spdlog::level::warn);
      break;
    case LogLevel::kError:
      logger().set_level(spdlog::level::err);
      break;
    case LogLevel::kOff:
      logger().set_level(spdlog::level::off);
      break;
  }
}

void log_debug(std::string_view message) {
  log_at(spdlog::level::debug, message);
}
void log_info(std::string_view message) {
  log_at(spdlog::level::info, message);
}
void log_warning(std::string_view message) {
  log_at(spdlog::level::warn, message);
}
void log_error(std::string_view message) {
  log_at(spdlog::level::err, message);
}

}  // namespace grounds
