#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include "base/log.h"
#include "cli/backends_command.h"
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

// How many letters to insert, drop or change to make one word the other.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

// What is wrong with arguments that the library refused: it says of a mistyped command only that one is required.
Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* at = &app;
  std::string path = "grounds";
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    path += " " + at->get_name();
  }
  const std::string help = "see: " + path + " --help";
  const std::vector<std::string> rest = app.remaining(true);
  if (error.get_name() != "RequiredError" || at->get_subcommands([](const CLI::App*) { return true; }).empty())
    return {ErrorCode::kUsage, error.what(), help};
  if (rest.empty() || rest.front().empty() || rest.front()[0] == '-')
    return {ErrorCode::kUsage, path + " needs a command", help};
  const CLI::App* nearest = nullptr;
  std::size_t least = rest.front().size() < 4 ? 2 : 3;  // further off is no mistyping
  for (const CLI::App* command : at->get_subcommands([](const CLI::App*) { return true; })) {
    const std::size_t distance = edit_distance(rest.front(), command->get_name());
    if (distance < least) {
      least = distance;
      nearest = command;
    }
  }
  return {ErrorCode::kUsage, path + " has no command '" + rest.front() + "'",
          nearest ? "did you mean: " + path + " " + nearest->get_name() : help};
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
  add_backends(app, session);
  add_index(app, session);
  add_backup(app, session);
  add_doctor(app, session);
  add_model(app, session);
  add_serve(app, session);
  add_eval(app, session);
  add_completion(app, session);
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
    return finish(usage_error(app, error), asks_for_json(count, arguments));
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
