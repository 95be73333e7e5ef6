#include "cli/session.h"

#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace grounds::cli {
namespace {

volatile sig_atomic_t interrupt_count = 0;  // written by the signal handler only

extern "C" void on_interrupt(int) {
  interrupt_count = interrupt_count + 1;
  // The second time somebody means it: the workspace is safe at any moment.
  if (interrupt_count > 1) _exit(130);
}

}  // namespace

bool interrupted() { return interrupt_count > 0; }

void watch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (!value || !*value) return std::nullopt;
  return value;
}

Session::Session() : environment_{file_system_, clock_, random_} {}

std::string Session::workspace_directory() const {
  if (!workspace.empty()) return workspace;
  if (auto directory = environment_variable("GROUNDS_WORKSPACE")) return *directory;
  if (auto data = environment_variable("XDG_DATA_HOME")) return *data + "/grounds/default";
  return environment_variable("HOME").value_or(".") + "/.local/share/grounds/default";
}

Result<Engine*> Session::engine() {
  if (!engine_) {
    GROUNDS_ASSIGN_OR_RETURN(engine_, Engine::open(environment_, workspace_directory(), environment_variable));
  }
  return engine_.get();
}

std::string Session::actor() const {
  const passwd* user = getpwuid(geteuid());
  return "local:" + (user ? std::string(user->pw_name) : std::to_string(geteuid()));
}

Result<Principal> parse_principal(std::string_view text) {
  Principal principal;
  while (!text.empty()) {
    std::size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    if (part.starts_with("user:") && part.size() > 5) principal.user = part.substr(5);
    else if (part.starts_with("group:") && part.size() > 6) principal.groups.emplace_back(part.substr(6));
    else
      return fail(ErrorCode::kUsage, "'" + std::string(part) + "' in --as is neither user:NAME nor group:NAME",
                  "write --as user:ann,group:hr,group:everyone");
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  std::ranges::sort(principal.groups);
  principal.groups.erase(std::ranges::unique(principal.groups).begin(), principal.groups.end());
  return principal;
}

Result<Principal> Session::principal() const {
  if (!as.empty()) return parse_principal(as);
  return Principal{"local", {kEveryone}, true, true};
}

void Session::add_collection_option(CLI::App& app) {
  app.add_option("-c,--collection", collection, "Collection to work on")->capture_default_str();
}

void Session::add_as_option(CLI::App& app) {
  app.add_option("--as", as, "See what this principal sees: user:NAME,group:G,... (groups count exactly as given)");
}

}  // namespace grounds::cli
