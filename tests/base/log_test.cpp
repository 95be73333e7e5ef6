#include "base/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "base/file_system.h"
#include "tests/base/temp_directory.h"

namespace grounds {
namespace {

std::string stderr_of(const std::function<void()>& action) {
  const test::TempDirectory directory;
  const std::string path = directory / "stderr";
  const int saved = ::dup(STDERR_FILENO);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(file, STDERR_FILENO);
  action();
  ::dup2(saved, STDERR_FILENO);
  ::close(file);
  ::close(saved);
  return FileSystem().read(path).value();
}

TEST_CASE("a message is one line on stderr, whatever is in it") {
  const std::string printed =
      stderr_of([] { log_warning("skipped a\nb\x1b[31m\xC2\x9B\xFF {} 报告.txt"); });
  CHECK(printed == "grounds: warning: skipped a\\x0ab\\x1b[31m\\x9b\xEF\xBF\xBD {} 报告.txt\n");
}

TEST_CASE("messages below the level are not printed") {
  const std::string printed = stderr_of([] {
    log_debug("hidden");
    set_log_level(LogLevel::kError);
    log_warning("hidden");
    log_error("shown");
    set_log_level(LogLevel::kOff);
    log_error("hidden");
    set_log_level(LogLevel::kInfo);
  });
  CHECK(printed == "grounds: error: shown\n");
}

}  // namespace
}  // namespace grounds
