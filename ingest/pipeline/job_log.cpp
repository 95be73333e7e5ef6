#include "ingest/pipeline/job_log.h"

#include "base/canonical_json.h"
#include "ingest/pipeline/jobs.h"

namespace grounds {

namespace {

std::string lock_folder(const Workspace& workspace) { return workspace.directory() + "/jobs"; }
std::string lock_path(const Workspace& workspace, const std::string& id) {
  return lock_folder(workspace) + "/" + id + ".lock";
}

}  // namespace

bool job_is_alive(const Workspace& workspace, const std::string& id) {
  const std::string path = lock_path(workspace, id);
  if (!workspace.file_system().exists(path)) return false;
  auto lock = workspace.file_system().lock(path, 0);
  if (lock) (void)workspace.file_system().remove(path);  // left by a process that was killed
  return !lock;
}

Result<JobLog> JobLog::start(Workspace& workspace, const Collection& collection, const std::string& kind,
                             const std::string& actor) {
  std::string id = workspace.new_id();
  GROUNDS_RETURN_IF_ERROR(workspace.file_system().make_directories(lock_folder(workspace)));
  GROUNDS_ASSIGN_OR_RETURN(FileLock lock, workspace.file_system().lock(lock_path(workspace, id), 0));
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  GROUNDS_RETURN_IF_ERROR(catalog->run(
      "INSERT INTO jobs (id, collection, kind, state, started, actor, arguments, counts) "
      "VALUES (?, ?, ?, 'running', ?, ?, '{}', '{}')",
      id, collection.id, kind, workspace.clock().now(), actor));
  GROUNDS_RETURN_IF_ERROR(transaction.commit());
  return JobLog(workspace, std::move(id), std::move(lock));
}

bool JobLog::cancel_requested() {
  using namespace std::chrono_literals;
  const auto now = std::chrono::steady_clock::now();
  if (cancel_requested_ || now - asked_ < 1s) return cancel_requested_;
  asked_ = now;
  // A catalog that cannot be read now stops the job at its next commit, with the reason.
  auto job = find_job(*workspace_, id_);
  cancel_requested_ = job && job->state == "cancelling";
  return cancel_requested_;
}

Status JobLog::finish(const IngestReport& report, const Status& status) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_->catalog());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  Json counts = {{"added", report.added},         {"updated", report.updated},     {"renamed", report.renamed},
                 {"deleted", report.deleted},     {"unchanged", report.unchanged}, {"regrouped", report.regrouped},
                 {"failed", report.failures.size()}, {"chunks", report.chunks_added}, {"embedded", report.embedded},
                 {"reused", report.reused}};
  if (!status) counts["error"] = status.error().message;
  const char* state = !status ? "failed" : !report.interrupted ? "done" : cancel_requested_ ? "cancelled" : "interrupted";
  GROUNDS_ASSIGN_OR_RETURN(std::string body, canonical_json(counts));
  GROUNDS_RETURN_IF_ERROR(catalog->run("UPDATE jobs SET state = ?, finished = ?, counts = ? WHERE id = ?", state,
                                       workspace_->clock().now(), body, id_));
  for (const IngestFailure& failure : report.failures)
    GROUNDS_RETURN_IF_ERROR(catalog->run("INSERT INTO failures (job, uri, stage, reason) VALUES (?, ?, ?, ?)", id_,
                                         failure.uri, failure.stage, failure.reason));
  GROUNDS_RETURN_IF_ERROR(transaction.commit());
  (void)workspace_->file_system().remove(lock_path(*workspace_, id_));
  return {};
}

}  // namespace grounds
