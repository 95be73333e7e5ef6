// A job's row in the catalog: who started what when, and how it ended; and the lock that tells whether
// it still is at work.
#pragma once

#include <chrono>
#include <string>

#include "grounds/result.h"
#include "index/generation/catalog.h"
#include "ingest/pipeline/ingest_report.h"

namespace grounds {

// One thread at a time.
class JobLog {
 public:
  static Result<JobLog> start(Workspace& workspace, const Collection& collection, const std::string& kind,
                              const std::string& actor);
  const std::string& id() const { return id_; }
  // Whether somebody asked the job to stop. Asks the catalog once a second at most.
  bool cancel_requested();
  // Counts and failures, in one transaction. `status`: how the job ended.
  Status finish(const IngestReport& report, const Status& status);

 private:
  JobLog(Workspace& workspace, std::string id, FileLock lock)
      : workspace_(&workspace), id_(std::move(id)), lock_(std::move(lock)) {}
  Workspace* workspace_;
  std::string id_;
  FileLock lock_;  // held while the job is at work, by whatever process
  bool cancel_requested_ = false;
  std::chrono::steady_clock::time_point asked_{};
};

// True while some process works on the job.
bool job_is_alive(const Workspace& workspace, const std::string& id);

}  // namespace grounds
