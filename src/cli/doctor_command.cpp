#include "cli/session.h"
#include "cli/terminal.h"
#include "engine/doctor.h"

namespace grounds::cli {

void add_doctor(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("doctor", "Check every byte of the workspace, and say what to do");
  auto fix = std::make_shared<bool>(false);
  command->add_flag("--fix", *fix, "Remove files that no commit published (left by a killed job)");
  command->callback([&session, fix] {
    session.command = [&session, fix]() -> Result<int> {
      GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
      GROUNDS_ASSIGN_OR_RETURN(DoctorReport report, examine(*engine, *fix));
      if (session.json) {
        print_json(doctor_view(report));
      } else {
        for (const DoctorFinding& finding : report.findings)
          print_line(finding.severity + ": " + finding.subject + ": " + finding.detail +
                     (finding.hint.empty() ? "" : " (" + finding.hint + ")"));
        if (report.removed > 0) print_line("removed " + std::to_string(report.removed) + " unpublished files");
        print_line((report.damaged() ? "damaged: " : "healthy: ") + std::to_string(report.documents) + " documents, " +
                   std::to_string(report.chunks) + " chunks in " + std::to_string(report.segments) + " segments, " +
                   std::to_string(report.packs) + " extract packs, " + std::to_string(report.records) +
                   " ledger records");
      }
      return report.damaged() ? exit_code(ErrorCode::kDamaged) : kDone;
    };
  });
}

}  // namespace grounds::cli
