#include "ingest/pipeline/job_log.h"

#include "base/canonical_json.h"

namespace grounds {

Result<JobLog> JobLog::start(Workspace& workspace, const Collection& collection, const std::string& kind,
                             const std::string& actor) {
  std::string id = workspace.new_id();
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  GROUNDS_RETURN_IF_ERROR(catalog->run(
      "INSERT INTO jobs (id, collection, kind, state, started, actor, arguments, counts) "
      "VALUES (?, ?, ?, 'running', ?, ?, '{}', '{}')",
      id, collection.id, kind, workspace.clock().now(), actor));
  GROUNDS_RETURN_IF_ERROR(transaction.commit());
  return JobLog(workspace, std::move(id));
}

Status JobLog::finish(const IngestReport& report, const Status& status) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_->catalog());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  Json counts = {{"added", report.added},         {"updated", report.updated},     {"renamed", report.renamed},
                 {"deleted", report.deleted},     {"unchanged", report.unchanged}, {"regrouped", report.regrouped},
                 {"failed", report.failures.size()}, {"chunks", report.chunks_added}, {"embedded", report.embedded},
                 {"reused", report.reused}};
  if (!status) counts["error"] = status.error().message;
  const char* state = !status ? "failed" : report.interrupted ? "interrupted" : "done";
  GROUNDS_ASSIGN_OR_RETURN(std::string body, canonical_json(counts));
  GROUNDS_RETURN_IF_ERROR(catalog->run("UPDATE jobs SET state = ?, finished = ?, counts = ? WHERE id = ?", state,
                                       workspace_->clock().now(), body, id_));
  for (const IngestFailure& failure : report.failures)
    GROUNDS_RETURN_IF_ERROR(catalog->run("INSERT INTO failures (job, uri, stage, reason) VALUES (?, ?, ?, ?)", id_,
                                         failure.uri, failure.stage, failure.reason));
  return transaction.commit();
}

}  // namespace grounds
