#include "cli/session.h"
#include "cli/terminal.h"

namespace grounds::cli {

void add_init(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("init", "Create a workspace (does nothing where one is)");
  command->callback([&session] {
    session.command = [&session]() -> Result<int> {
      bool existed = false;
      GROUNDS_ASSIGN_OR_RETURN(auto workspace,
                               Workspace::init(session.environment(), session.workspace_directory(), &existed));
      // Creates the ledger now, so that the first answer finds it.
      GROUNDS_RETURN_IF_ERROR(Ledger::open(workspace->file_system(), workspace->ledger_path(), workspace->clock(),
                                           workspace->random()));
      if (session.json)
        print_json({{"workspace", workspace->directory()}, {"format_version", kWorkspaceFormat}, {"created", !existed}});
      else
        print_line(existed ? "workspace " + workspace->directory() + " exists already; nothing was changed"
                           : "created workspace " + workspace->directory());
      return kDone;
    };
  });
}

}  // namespace grounds::cli
