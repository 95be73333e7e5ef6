#include "base/run_command.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <fstream>
#include <string>
#include <thread>

#include "tests/base/temp_directory.h"

namespace grounds {
namespace {

using namespace std::chrono_literals;

constexpr auto kLong = 60s;

Result<CommandOutput> run_shell(const std::string& script, std::chrono::milliseconds timeout = kLong, std::size_t most_output = 1 << 20) {
  return run_command({"sh", "-c", script}, timeout, most_output);
}

// Whoever was killed may be there as a zombie until its new parent has reaped it.
bool is_gone(const std::string& process) {
  for (int i = 0; i < 500; ++i) {
    std::ifstream file("/proc/" + process + "/stat");
    std::string line;
    if (!file || !std::getline(file, line)) return true;
    if (line.find(") Z ") != std::string::npos || line.find(") X ") != std::string::npos) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

TEST_CASE("what a command says and how it ends is the result, whatever it is") {
  const auto said = run_shell("echo out; echo error >&2; exit 3");
  REQUIRE(said);
  CHECK(said->exit_code == 3);
  CHECK(said->out == "out\n");
  CHECK(said->error == "error\n");
  CHECK(run_command({"true"}, kLong)->exit_code == 0);
  CHECK(run_shell("kill -TERM $$")->exit_code == 128 + SIGTERM);
}

TEST_CASE("a command gets nothing on standard input, and its arguments as they are") {
  CHECK(run_command({"cat"}, kLong)->out.empty());
  CHECK(run_command({"printf", "%s|", "a b", "$HOME", ""}, kLong)->out == "a b|$HOME||");
}

TEST_CASE("a command that cannot be started is named") {
  const auto missing = run_command({"/no/such/program"}, kLong);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::kUnavailable);
  CHECK(missing.error().message.find("/no/such/program cannot be started") == 0);
  CHECK(run_command({}, kLong).error().code == ErrorCode::kUsage);
}

TEST_CASE("more than the limit is no result, and of errors the last part is kept") {
  const auto chatty = run_shell("while :; do echo 0123456789; done", kLong, 1000);
  REQUIRE_FALSE(chatty);
  CHECK(chatty.error().message.find("says more than 1000 bytes") != std::string::npos);
  const auto errors = run_shell("i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done");
  REQUIRE(errors);
  CHECK(errors->error.size() < 10000);
  CHECK(errors->error.ends_with("line 2999\n"));
}

TEST_CASE("the deadline holds whether the command keeps its output open or closes it") {
  for (const char* script : {"sleep 50", "exec >&- 2>&-; sleep 50", "exec >&-; exec sleep 50"}) {
    INFO(script);
    const auto started = std::chrono::steady_clock::now();
    const auto slow = run_shell(script, 200ms);
    REQUIRE_FALSE(slow);
    CHECK(slow.error().code == ErrorCode::kUnavailable);
    CHECK(slow.error().message.find("was not done within") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - started < 40s);  // it was not waited for
  }
}

TEST_CASE("a command that closes its output and goes on is waited for") {
  const auto done = run_shell("echo said; exec >&- 2>&-; sleep 0.1; exit 4");
  REQUIRE(done);
  CHECK(done->out == "said\n");
  CHECK(done->exit_code == 4);
}

TEST_CASE("what a command has started ends with it at the deadline") {
  const test::TempDirectory folder;
  REQUIRE_FALSE(run_shell("sleep 50 & echo $! > " + (folder / "child") + "; wait", 500ms));
  std::string child;
  std::ifstream(folder / "child") >> child;
  REQUIRE_FALSE(child.empty());
  CHECK(is_gone(child));
}

}  // namespace
}  // namespace grounds
