// grounds-parse: parses documents for the pool of another process, inside its own limits. Not for users.
#include <charconv>
#include <cstdio>
#include <string_view>
#include <unistd.h>

#include "ingest/parsers/parse.h"
#include "ingest/worker/external_programs.h"
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

// What the pool asks for: this program becomes another, in limits of its own.
int run_tool(char** arguments) {
  std::uint8_t tool = 0;
  grounds::worker::ToolRequest request;
  grounds::worker::ToolLimits limits;
  const bool valid = read_number(arguments[0], tool) && tool < grounds::kExternalToolCount &&
                     read_number(arguments[1], limits.memory_bytes) && read_number(arguments[2], limits.parent_process) &&
                     read_number(arguments[3], limits.cpu_seconds) && read_number(arguments[4], request.page);
  if (!valid) return grounds::worker::kExitProtocol;
  request.tool = static_cast<grounds::ExternalTool>(tool);
  return grounds::worker::become_tool(request, limits);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 7 && std::string_view(argv[1]) == "tool") return run_tool(argv + 2);
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
