#include "ingest/pipeline/jobs.h"

#include "ingest/pipeline/job_log.h"

namespace grounds {
namespace {

constexpr const char* kColumns =
    "SELECT j.id, c.name, j.kind, j.state, j.started, j.finished, j.actor, j.counts, "
    "(SELECT count(*) FROM failures f WHERE f.job = j.id) FROM jobs j JOIN collections c ON c.id = j.collection ";

JobState read_row(const Workspace& workspace, const Statement& row) {
  JobState job;
  job.id = row.text(0);
  job.collection = row.text(1);
  job.kind = row.text(2);
  job.state = row.text(3);
  job.started = row.integer(4);
  if (!row.is_null(5)) job.finished = row.integer(5);
  job.actor = row.text(6);
  job.counts = row.text(7);
  job.failed = static_cast<std::uint64_t>(row.integer(8));
  if ((job.state == "running" || job.state == "cancelling") && !job_is_alive(workspace, job.id)) job.state = "killed";
  return job;
}

}  // namespace

Result<std::vector<JobState>> list_jobs(Workspace& workspace, std::int64_t limit) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           catalog->prepare(std::string(kColumns) + "ORDER BY j.started DESC, j.id DESC LIMIT ?"));
  statement.bind(limit);
  std::vector<JobState> jobs;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return jobs;
    jobs.push_back(read_row(workspace, statement));
  }
}

Result<JobState> find_job(Workspace& workspace, const std::string& id) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, catalog->prepare(std::string(kColumns) + "WHERE j.id = ?"));
  statement.bind(id);
  GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
  if (!row) return fail(ErrorCode::kNotFound, "there is no job " + id, "list them: grounds jobs list");
  return read_row(workspace, statement);
}

Result<std::vector<IngestFailure>> job_failures(Workspace& workspace, const std::string& id) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement, catalog->prepare("SELECT uri, stage, reason FROM failures WHERE job = ? ORDER BY uri, stage"));
  statement.bind(id);
  std::vector<IngestFailure> failures;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return failures;
    failures.push_back({std::string(statement.text(0)), std::string(statement.text(1)), std::string(statement.text(2))});
  }
}

Status cancel_job(Workspace& workspace, const std::string& id) {
  GROUNDS_ASSIGN_OR_RETURN(JobState job, find_job(workspace, id));
  if (job.state != "running" && job.state != "cancelling")
    return fail(ErrorCode::kUsage, "job " + id + " is not at work: it is " + job.state, "see: grounds jobs list");
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  GROUNDS_RETURN_IF_ERROR(catalog->run("UPDATE jobs SET state = 'cancelling' WHERE id = ? AND state = 'running'", id));
  return transaction.commit();
}

}  // namespace grounds
