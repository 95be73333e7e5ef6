// The jobs of a workspace: which there were, which are at work, and asking one to stop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "grounds/result.h"
#include "index/generation/catalog.h"
#include "ingest/pipeline/ingest_report.h"

namespace grounds {

struct JobState {
  std::string id, collection, kind;   // kind: "ingest", "sync"
  // "running", "cancelling" (asked to stop), "done", "failed", "interrupted" (Ctrl-C), "cancelled",
  // "killed" (still running by its row, but its process is gone; what it committed stands, the same command
  // goes on).
  std::string state;
  UnixMillis started = 0;
  std::optional<UnixMillis> finished;
  std::string actor;
  std::string counts = "{}";          // canonical JSON: documents and chunks by what became of them
  std::uint64_t failed = 0;           // documents, as listed by job_failures
};

// Newest first; at most `limit`.
Result<std::vector<JobState>> list_jobs(Workspace& workspace, std::int64_t limit);
Result<JobState> find_job(Workspace& workspace, const std::string& id);                      // kNotFound
Result<std::vector<IngestFailure>> job_failures(Workspace& workspace, const std::string& id);

// Asks a job to stop after its current commit, as Ctrl-C does; it may run in any process. kUsage if it
// is not at work.
Status cancel_job(Workspace& workspace, const std::string& id);

}  // namespace grounds
