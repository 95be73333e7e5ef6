#include "cli/session.h"
#include "cli/terminal.h"

namespace grounds::cli {

void add_withdraw(CLI::App& app, Session& session) {
  CLI::App* command = app.get_subcommand("answers")->add_subcommand(
      "withdraw", "Give this answer to nobody any more: the next equal question asks the model anew");
  auto id = std::make_shared<std::string>();
  command->add_option("ID", *id, "Answer id, of the answer itself or of one that reused it")->required();
  command->footer("Example: grounds answers withdraw 01JDF4A8M0Q3Z5S7V9X1B2C3D4");
  command->callback([&session, id] {
    session.command = [&session, id]() -> Result<int> {
      GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
      GROUNDS_ASSIGN_OR_RETURN(std::string withdrawn, engine->asker().withdraw(*id, session.actor()));
      if (session.json) print_json({{"answer_id", *id}, {"withdrawn", withdrawn}});
      else print_line("answer " + withdrawn + " is not given again; it stays on record");
      return kDone;
    };
  });
}

}  // namespace grounds::cli
