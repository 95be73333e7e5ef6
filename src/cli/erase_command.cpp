#include "cli/ledger_commands.h"
#include "cli/terminal.h"
#include "engine/erase.h"

namespace grounds::cli {
namespace {

Result<int> erase(Session& session, const std::string& uri) {
  GROUNDS_ASSIGN_OR_RETURN(Principal principal, session.principal());
  if (!principal.admin)
    return fail(ErrorCode::kRefused, "only an administrator may erase documents", "run it without --as");
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(EraseReceipt receipt, erase_document(*engine, session.collection, uri, session.actor()));
  Json same_content = Json::array();
  for (const auto& [collection, held] : receipt.same_content) same_content.push_back({{"collection", collection}, {"uri", held}});
  if (session.json) {
    print_json({{"uri", receipt.uri},
                {"collection", receipt.collection},
                {"erasure", receipt.erasure},
                {"destroyed",
                 {{"versions", receipt.versions},
                  {"chunks", receipt.chunks},
                  {"segments_rewritten", receipt.segments_rewritten},
                  {"packs_rewritten", receipt.packs_rewritten},
                  {"texts", receipt.texts}}},
                {"answers_that_quoted", receipt.answers_that_quoted},
                {"answers_open", receipt.answers_open},
                {"earlier_names", receipt.earlier_names},
                {"same_content", std::move(same_content)},
                {"backups_to_check", receipt.backups_to_check},
                {"logs_emptied", receipt.logs_emptied}});
  } else {
    print_line("erased " + receipt.uri + ": " + std::to_string(receipt.versions) + " versions, " +
               std::to_string(receipt.chunks) + " chunks, " + std::to_string(receipt.segments_rewritten) +
               " segments rewritten; " + std::to_string(receipt.texts) + " texts of " +
               std::to_string(receipt.answers_that_quoted.size()) + " answers that quoted it");
    for (const std::string& name : receipt.earlier_names) print_line("  and what was held under its earlier name " + name);
    if (receipt.versions == 0) print_line("  no version of it was left: " + std::to_string(receipt.packs_rewritten) + " packs rewritten without what was pruned");
    for (const std::string& id : receipt.answers_that_quoted) print_line("  answer " + id);
    for (const std::string& path : receipt.backups_to_check) print_line("  a backup may hold it: " + path);
  }
  for (const auto& [collection, held] : receipt.same_content)
    print_note("content of it is still held under " + held + " in collection " + collection + ": erase that as well");
  for (const std::string& id : receipt.answers_open)
    print_note("answer " + id + " is being given still, or was interrupted: what it puts on record from now on is not erased");
  if (receipt.logs_emptied) return kDone;
  print_note("a reader held a write-ahead log, whose old pages may hold the texts: run the command again");
  return kAnswerIsNo;
}

}  // namespace

void add_erase(CLI::App& app, Session& session) {
  auto uri = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("erase", "Destroy a document: all versions, and every record that quotes it");
  session.add_collection_option(*command);
  session.add_as_option(*command);
  command->add_option("URI", *uri, "As grounds docs list shows it; that of a deleted document, too")->required();
  command->footer(
      "docs delete retires a document, and past generations still show it; erase leaves no byte of it in the workspace:\n"
      "segments, extract packs and the texts of answers that quoted it are rewritten, salts included. The ledger's\n"
      "chain still verifies. What it said under an earlier name goes as well; who else has the same content is named. Its source and the backups that are listed are yours to clean. If it is interrupted,\n"
      "run it again.\n"
      "Example: grounds erase hr/contract-mueller.pdf -c personnel");
  command->callback([&session, uri] {
    session.command = [&session, uri] { return erase(session, *uri); };
  });
}

}  // namespace grounds::cli
