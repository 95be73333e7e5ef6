// A parser program for the tests: it speaks the protocol of grounds-parse, and does to its pool what a
// document's name tells it to.
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <vector>

#include "ingest/parsers/parse.h"
#include "ingest/worker/protocol.h"
#include "ingest/worker/sandbox.h"
#include "ingest/worker/serve.h"

using namespace grounds;

namespace {

Result<Extract> said(const std::string& text) { return parse_document("said.txt", text); }

std::string outcome(long result) { return result >= 0 ? "done" : std::string(std::strerror(errno)); }

// Waits for input that never comes; other ways to wait are beyond what the sandbox allows.
[[noreturn]] void wait_for_ever() {
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  _exit(1);
}

void write_out(std::string_view bytes) {
  if (write(STDOUT_FILENO, bytes.data(), bytes.size()) < 0) _exit(1);
}

Result<Extract> misbehave(std::string_view name, std::string_view bytes, const RunTool&) {
  if (name == "crash") {
    std::signal(SIGSEGV, SIG_DFL);  // sanitizers catch it otherwise
    std::raise(SIGSEGV);
  }
  if (name == "abort") std::abort();
  if (name == "exit") _exit(7);
  if (name == "hang") wait_for_ever();
  if (name == "spin") {
    for (std::atomic<unsigned> i = 0;; ++i) {
    }
  }
  if (name == "out of memory") {
    std::vector<std::string> hoard;
    for (;;) hoard.emplace_back(16u << 20, 'x');  // until std::bad_alloc ends the process
  }
  if (name == "garbage") write_out(std::string(100, '?'));
  if (name == "wrong extract") {
    write_out(worker::encode(worker::ReplyHeader{0, 2, 4}) + "{}" + "text");
    wait_for_ever();
  }
  if (name == "endless reply") {
    write_out(worker::encode(worker::ReplyHeader{0, 1u << 29, 1u << 29}));
    wait_for_ever();
  }
  if (name == "open") return said(outcome(open("/etc/passwd", O_RDONLY)));
  if (name == "create") return said(outcome(open("/tmp/grounds-sandbox-test", O_WRONLY | O_CREAT, 0600)));
  if (name == "network") return said(outcome(socket(AF_INET, SOCK_STREAM, 0)));
  if (name == "fork") return said(outcome(fork()));
  if (name == "exec") return said(outcome(execl("/bin/true", "true", nullptr)));
  if (name == "code") {
    return said(mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
                    ? std::strerror(errno)
                    : "done");
  }
  if (name == "kill parent") return said(outcome(kill(getppid(), 0)));
  return parse_document(name, bytes);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  worker::SandboxLimits limits;
  const std::string_view memory = argv[1], parent = argv[2];
  std::from_chars(memory.data(), memory.data() + memory.size(), limits.memory_bytes);
  std::from_chars(parent.data(), parent.data() + parent.size(), limits.parent_process);
  if (const Status status = worker::enter_sandbox(limits); !status) return worker::kExitNoSandbox;
  return worker::serve(STDIN_FILENO, STDOUT_FILENO, misbehave);
}
