// A process that appends to a ledger from several threads until it is killed, and writes a line to stdout
// after each acknowledged append: "opened ID" or "closed ID".
// Usage: ledger_append_child LEDGER THREADS
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "ledger/ledger.h"

namespace {

// One write call a line: a line is out whole or not at all.
void say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::_Exit(3);
}

void append_forever(grounds::Ledger& ledger) {
  for (int i = 0;; ++i) {
    const std::string id = ledger.new_answer_id();
    grounds::EntryContent opened{{{"number", i}}, {{"question", "question " + id}}};
    grounds::EntryContent closed{{{"verdict", "supported"}}, {{"response", std::string(500, 'r') + id}}};
    if (i % 2 == 0) {
      if (!ledger.append_complete(id, std::move(opened), std::move(closed))) std::_Exit(4);
    } else {
      if (!ledger.append_opened(id, std::move(opened))) std::_Exit(5);
      say("opened " + id + "\n");
      if (!ledger.append_closed(id, std::move(closed))) std::_Exit(6);
    }
    say("closed " + id + "\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const grounds::FileSystem files;
  const grounds::SystemClock clock;
  grounds::SystemRandom random;
  const auto ledger = grounds::Ledger::open(files, argv[1], clock, random);
  if (!ledger) {
    std::fprintf(stderr, "%s\n", ledger.error().message.c_str());
    return 1;
  }
  std::vector<std::thread> threads;
  for (int t = std::atoi(argv[2]); t > 0; --t) threads.emplace_back([&] { append_forever(**ledger); });
  for (std::thread& thread : threads) thread.join();
  return 0;
}
