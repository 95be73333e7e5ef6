// grounds-parse: parses documents for the pool of another process, inside its own limits. Not for users.
#include <charconv>
#include <cstdio>
#include <string_view>
#include <unistd.h>

#include "ingest/parsers/parse.h"
#include "ingest/worker/protocol.h"
#include "ingest/worker/sandbox.h"
#include "ingest/worker/serve.h"

namespace {

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// Libraries load parts of themselves at first use, for which a file may have to be opened.
void warm_up() {
  (void)grounds::parse_document("a.html", "<meta charset=gb2312><p>\xC4\xEA\xBC\xD9");
  (void)grounds::parse_document("a.txt", "\xC4\xEA\xBC\xD9\xC4\xEA\xBC\xD9");
  (void)grounds::parse_document("a.md", "# x");
}

}  // namespace

int main(int argc, char** argv) {
  grounds::worker::SandboxLimits limits;
  if (argc != 3 || !read_number(argv[1], limits.memory_bytes) || !read_number(argv[2], limits.parent_process)) {
    std::fputs("grounds-parse is started by grounds; it is not a command of its own\n", stderr);
    return 2;
  }
  warm_up();
  if (const grounds::Status status = grounds::worker::enter_sandbox(limits); !status) {
    std::fprintf(stderr, "grounds-parse: %s\n", status.error().message.c_str());
    return grounds::worker::kExitNoSandbox;
  }
  return grounds::worker::serve(STDIN_FILENO, STDOUT_FILENO, grounds::parse_document);
}
