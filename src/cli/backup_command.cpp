#include "cli/session.h"
#include "cli/terminal.h"
#include "engine/backup.h"

namespace grounds::cli {

void add_backup(CLI::App& app, Session& session) {
  auto path = std::make_shared<std::string>();
  CLI::App* backup = app.add_subcommand("backup", "Copy the workspace to one file, while it is in use");
  backup->add_option("FILE", *path, "The file to write (a tar archive); it must not exist")->required();
  backup->footer("Example: grounds backup /backups/grounds-monday.tar\n"
                 "The file holds all texts and the key that signs ledger heads: keep it as you keep the workspace.");
  backup->callback([&session, path] {
    session.command = [&session, path]() -> Result<int> {
      GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
      GROUNDS_ASSIGN_OR_RETURN(BackupReport report, back_up(*engine, *path, session.actor()));
      if (session.json)
        print_json({{"file", *path}, {"workspace_id", report.workspace_id}, {"files", report.files}, {"bytes", report.bytes},
                    {"problems", report.problems}});
      else
        print_line("wrote " + *path + ": " + std::to_string(report.files) + " files, " + std::to_string(report.bytes) + " bytes");
      if (report.problems > 0 && !session.json)
        print_note("the ledger has " + std::to_string(report.problems) + " problems, which are in the backup as they are: grounds verify names them");
      return kDone;
    };
  });

  CLI::App* restore = app.add_subcommand("restore", "Make a workspace from a backup, and check every byte of it");
  restore->add_option("FILE", *path, "A file that grounds backup wrote")->required();
  restore->footer("Example: grounds restore /backups/grounds-monday.tar -w /srv/grounds\n"
                  "Nothing may be at the workspace's folder yet.");
  restore->callback([&session, path] {
    session.command = [&session, path]() -> Result<int> {
      const std::string directory = session.workspace_directory();
      GROUNDS_ASSIGN_OR_RETURN(RestoreReport report,
                               grounds::restore(session.environment(), *path, directory, environment_variable));
      if (session.json)
        print_json({{"workspace", directory},
                    {"workspace_id", report.backup.workspace_id},
                    {"files", report.backup.files},
                    {"documents", report.doctor.documents},
                    {"chunks", report.doctor.chunks},
                    {"records", report.doctor.records},
                    {"problems", report.doctor.ledger_problems}});
      else
        print_line("restored " + directory + ": " + std::to_string(report.doctor.documents) + " documents, " +
                   std::to_string(report.doctor.chunks) + " chunks, " + std::to_string(report.doctor.records) +
                   " ledger records, " +
                   (report.doctor.ledger_problems == 0 ? "all verified" : std::to_string(report.doctor.ledger_problems) + " problems in them, as when the backup was made"));
      return kDone;
    };
  });
}

}  // namespace grounds::cli
