#include "cli/session.h"
#include "cli/terminal.h"
#include "ingest/pipeline/jobs.h"

namespace grounds::cli {
namespace {

struct Options {
  std::string id;
  std::int64_t limit = 20;
};

Result<int> list(Session& session, const Options& options) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(std::vector<JobState> jobs, list_jobs(engine->workspace(), options.limit));
  if (session.json) {
    Json views = Json::array();
    for (const JobState& job : jobs) views.push_back(job_view(job));
    print_json({{"jobs", std::move(views)}});
    return kDone;
  }
  std::vector<std::vector<std::string>> rows{{"JOB", "KIND", "COLLECTION", "STATE", "STARTED", "FINISHED", "FAILED", "BY"}};
  for (const JobState& job : jobs)
    rows.push_back({job.id, job.kind, job.collection, job.state, format_time(job.started),
                    job.finished ? format_time(*job.finished) : "", std::to_string(job.failed), job.actor});
  print_line(jobs.empty() ? "no jobs" : format_table(rows));
  return kDone;
}

Result<int> show(Session& session, const Options& options) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(JobState job, find_job(engine->workspace(), options.id));
  GROUNDS_ASSIGN_OR_RETURN(std::vector<IngestFailure> failures, job_failures(engine->workspace(), options.id));
  if (session.json) {
    print_json(job_view(job, failures));
    return kDone;
  }
  print_fields(job_view(job));
  for (const IngestFailure& failure : failures) print_line("failed: " + failure.uri + ": " + failure.stage + ": " + failure.reason);
  return kDone;
}

Result<int> cancel(Session& session, const Options& options) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_RETURN_IF_ERROR(cancel_job(engine->workspace(), options.id));
  if (session.json) print_json({{"job", options.id}, {"state", "cancelling"}});
  else print_line("job " + options.id + " will stop; what it has committed stands, the same command goes on");
  return kDone;
}

}  // namespace

void add_jobs(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("jobs", "List, show and cancel ingests and syncs");
  group->require_subcommand(1);
  group->footer(
      "States: running, cancelling, done, failed, interrupted (Ctrl-C), cancelled, and killed: its process is\n"
      "gone. Whatever the state, what was committed stands, and the same command again goes on from there.\n"
      "Example: grounds jobs list --limit 5");
  auto options = std::make_shared<Options>();
  CLI::App* list_command = group->add_subcommand("list", "List jobs, newest first");
  list_command->add_option("--limit", options->limit, "Most jobs to list (20)")->check(CLI::PositiveNumber);
  list_command->callback([&session, options] { session.command = [&session, options] { return list(session, *options); }; });
  auto add = [&](const char* name, const char* help, Result<int> (*run)(Session&, const Options&)) {
    CLI::App* command = group->add_subcommand(name, help);
    command->add_option("JOB", options->id, "Its id, as `jobs list` and an ingest's --json say")->required();
    command->callback([&session, options, run] { session.command = [&session, options, run] { return run(session, *options); }; });
  };
  add("show", "Show a job with the documents that failed", show);
  add("cancel", "Ask a job to stop, in whatever process it runs", cancel);
}

}  // namespace grounds::cli
