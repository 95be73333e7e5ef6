#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <sstream>

#include "support.h"

using namespace grounds;
using namespace grounds::test;

namespace {

// The full run asks for more than the fast one.
int setting(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::atoi(value) : otherwise;
}

struct Child {
  pid_t pid = -1;
  int output = -1;
  std::string said;

  void start(const std::string& ledger) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl(LEDGER_APPEND_CHILD, LEDGER_APPEND_CHILD, ledger.c_str(), "4", nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    output = ends[0];
    said.clear();
  }
  // Reads what it says for so long, and then until it has said something at all.
  void listen(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      if (left.count() <= 0 && !said.empty()) return;
      pollfd ready{output, POLLIN, 0};
      ::poll(&ready, 1, std::max(1, static_cast<int>(left.count())));
      if ((ready.revents & (POLLIN | POLLHUP)) != 0 && !read_some()) return;
    }
  }
  bool read_some() {
    char buffer[65536];
    const ssize_t n = ::read(output, buffer, sizeof buffer);
    if (n > 0) said.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
  }
  // Kills it; the lines in the pipe were acknowledged too.
  int kill() {
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    while (read_some()) {
    }
    ::close(output);
    return status;
  }
};

}  // namespace

TEST_CASE("a process killed while it appends has lost nothing that it acknowledged") {
  const std::uint64_t seed = 11;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  TempDirectory directory;
  const std::string path = directory / "ledger.db";
  const FileSystem files;
  const SystemClock clock;
  SystemRandom salts;
  std::map<std::string, std::string> acknowledged;  // id -> last word
  const auto check = [](Ledger& ledger, const std::string& id, const std::string& word) {
    const RecordedAnswer answer = must(ledger.find(id));
    if (word == "closed") CHECK(answer.closed.has_value());
    CHECK(answer.problems.empty());
    CHECK(answer.texts.at("question") == "question " + id);
  };
  const int rounds = setting("GROUNDS_KILL_ROUNDS", 12);
  const auto answers = static_cast<std::size_t>(setting("GROUNDS_KILL_ANSWERS", 12));
  for (int round = 0; round < rounds || acknowledged.size() < answers; ++round) {
    REQUIRE(round < 100 * rounds);
    CAPTURE(round);
    // Two at once: they share the file, and neither's death may stop the other.
    std::vector<Child> children(round % 3 == 2 ? 2 : 1);
    for (Child& child : children) child.start(path);
    for (Child& child : children) child.listen(std::chrono::milliseconds(random() % 60));
    std::map<std::string, std::string> now;
    for (Child& child : children) {
      const int status = child.kill();
      CHECK(WIFSIGNALED(status));
      std::istringstream lines(child.said);
      for (std::string word, id; lines >> word >> id;) now[id] = word;
    }
    const auto ledger = must(Ledger::open(files, path, clock, salts));
    const VerifyResult result = must(ledger->verify());
    CHECK(summary(result) == "");
    for (const auto& [id, word] : now) check(*ledger, id, word);
    acknowledged.merge(now);
    std::int64_t open = 0;
    for (const Ledger::Summary& item : must(ledger->list(1'000'000))) open += item.closed ? 0 : 1;
    CHECK(open == result.open_answers);  // the interrupted ones are marked
  }
  const auto ledger = must(Ledger::open(files, path, clock, salts));
  for (const auto& [id, word] : acknowledged) check(*ledger, id, word);
  CHECK(acknowledged.size() >= answers);
}
