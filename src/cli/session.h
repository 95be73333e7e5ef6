// What every command works with: the global options, the engine once it is needed, and where output goes.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file_system.h"
#include "engine/engine.h"
#include "server/views.h"

namespace grounds::cli {

// The exit codes that are no errors.
inline constexpr int kDone = 0;
inline constexpr int kAnswerIsNo = 1;
inline constexpr int kInterrupted = 130;  // as a shell says of a program that Ctrl-C ended

class Session {
 public:
  Session();

  // The global options, which every command takes: -w, --json, -q. `-c` is the commands' own.
  std::string workspace;        // "" until resolved
  bool json = false;
  bool quiet = false;
  std::string collection = "default";
  std::string as;               // "user:NAME,group:G,..."

  // Set by the chosen command's callback; run by main after parsing.
  std::function<Result<int>()> command;

  const Environment& environment() const { return environment_; }
  std::string workspace_directory() const;
  // Opens the workspace on first use.
  Result<Engine*> engine();
  // The local administrator, or whom --as names.
  Result<Principal> principal() const;
  // "local:USER": who changed something, for the audit.
  std::string actor() const;

  // Adds -c/--collection, and --as.
  void add_collection_option(CLI::App& app);
  void add_as_option(CLI::App& app);

 private:
  FileSystem file_system_;
  SystemClock clock_;
  SystemRandom random_;
  Environment environment_;
  std::unique_ptr<Engine> engine_;
};

std::optional<std::string> environment_variable(const std::string& name);
// "user:NAME,group:G,group:H"; kUsage.
Result<Principal> parse_principal(std::string_view text);

// True after the first Ctrl-C or SIGTERM; a second one ends the program at once.
bool interrupted();
void watch_interrupts();

// Each registers its command, and fills the session's `command` when chosen.
void add_init(CLI::App& app, Session& session);
void add_collections(CLI::App& app, Session& session);
void add_ingest(CLI::App& app, Session& session);
void add_docs(CLI::App& app, Session& session);
void add_jobs(CLI::App& app, Session& session);
void add_search(CLI::App& app, Session& session);
void add_ask(CLI::App& app, Session& session);
void add_ledger_commands(CLI::App& app, Session& session);
void add_withdraw(CLI::App& app, Session& session);   // after add_ledger_commands: a part of `answers`
void add_templates(CLI::App& app, Session& session);
void add_index(CLI::App& app, Session& session);
void add_backup(CLI::App& app, Session& session);
void add_doctor(CLI::App& app, Session& session);
void add_model(CLI::App& app, Session& session);
void add_serve(CLI::App& app, Session& session);
void add_eval(CLI::App& app, Session& session);
void add_completion(CLI::App& app, Session& session);   // of the whole of `app`

}  // namespace grounds::cli
