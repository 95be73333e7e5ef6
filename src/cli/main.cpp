#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>

#include "base/log.h"
#include "cli/ledger_commands.h"
#include "cli/session.h"
#include "cli/terminal.h"

namespace grounds::cli {
namespace {

constexpr const char* kDescription =
    "Grounds (有据): answers from your documents, each on record and replayable.\n"
    "从您的文档中作答，每个回答都有据可查、可逐字节重放。";
constexpr const char* kFooter =
    "Start with: grounds init; grounds ingest FOLDER; grounds ask \"QUESTION\"\n"
    "Exit codes: 0 done, 1 the answer is no, 2 usage, 3 not found, 4 refused, 5 bad input, 6 damaged\n"
    "workspace, 7 backend unavailable, 70 internal error, 130 interrupted.";

// What a shell says of a program that SIGPIPE ended: nobody reads on (| head), which is no error.
constexpr int kReaderGone = 128 + SIGPIPE;

// Something could not be written to standard output since its reader closed it.
bool reader_is_gone() {
  if (std::ferror(stdout) == 0 && std::cout) return false;
  pollfd output{STDOUT_FILENO, 0, 0};
  return poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

int finish(const Error& error, bool json) {
  if (reader_is_gone()) return kReaderGone;
  print_error(error, json);
  return exit_code(error.code);
}

// `code`, unless what was printed could not be written.
int flushed(int code) {
  std::cout.flush();  // the library prints its help there
  if (std::cout && std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  return finish({ErrorCode::kUnavailable, "cannot write to standard output", ""}, false);
}

// --json must be obeyed even where the arguments cannot be parsed.
bool asks_for_json(int count, char** arguments) {
  for (int i = 1; i < count; ++i)
    if (std::strcmp(arguments[i], "--json") == 0) return true;
  return false;
}

int run(int count, char** arguments) {
  Session session;
  CLI::App app(kDescription, "grounds");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();  // global options may stand after the command, too
  app.set_version_flag("--version", GROUNDS_VERSION);
  app.add_option("-w,--workspace", session.workspace,
                 "Workspace folder (else $GROUNDS_WORKSPACE, else $XDG_DATA_HOME/grounds/default)");
  app.add_flag("--json", session.json, "Print one JSON document on stdout");
  app.add_flag("-q,--quiet", session.quiet, "No progress and no remarks on stderr");
  add_init(app, session);
  add_collections(app, session);
  add_ingest(app, session);
  add_docs(app, session);
  add_jobs(app, session);
  add_search(app, session);
  add_ask(app, session);
  add_ledger_commands(app, session);
  add_compare(app, session);
  add_ledger(app, session);
  add_erase(app, session);
  add_consistency(app, session);
  add_withdraw(app, session);
  add_templates(app, session);
  add_index(app, session);
  add_backup(app, session);
  add_doctor(app, session);
  add_model(app, session);
  add_serve(app, session);
  add_eval(app, session);
  CLI::App* version = app.add_subcommand("version", "Print the version of this program");
  version->callback([&] {
    session.command = [&]() -> Result<int> {
      if (session.json) print_json({{"version", GROUNDS_VERSION}, {"workspace_format", kWorkspaceFormat}});
      else print_line(std::string("grounds ") + GROUNDS_VERSION);
      return kDone;
    };
  });
  try {
    app.parse(count, arguments);
  } catch (const CLI::Success& success) {
    app.exit(success);  // prints the help, or the version
    return flushed(kDone);
  } catch (const CLI::ParseError& error) {
    return finish({ErrorCode::kUsage, error.what(), "see: grounds --help"}, asks_for_json(count, arguments));
  }
  if (session.quiet) set_log_level(LogLevel::kError);
  Result<int> result = session.command();
  if (!result) return finish(result.error(), session.json);
  return flushed(*result);
}

}  // namespace
}  // namespace grounds::cli

int main(int count, char** arguments) {
  // A reader that goes away (| head) is no error worth a signal; writes report it.
  std::signal(SIGPIPE, SIG_IGN);
  // Nor is a limit on file sizes: a write beyond it fails like one to a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return grounds::cli::run(count, arguments);
  } catch (const std::exception& error) {
    return grounds::cli::finish({grounds::ErrorCode::kInternal, std::string("internal error: ") + error.what(),
                                 "please report it, with the command"},
                                grounds::cli::asks_for_json(count, arguments));
  }
}
