// A job's row in the catalog: who started what when, and how it ended.
#pragma once

#include <string>

#include "grounds/result.h"
#include "index/generation/catalog.h"
#include "ingest/pipeline/ingest_report.h"

namespace grounds {

class JobLog {
 public:
  static Result<JobLog> start(Workspace& workspace, const Collection& collection, const std::string& kind,
                              const std::string& actor);
  const std::string& id() const { return id_; }
  // Counts and failures, in one transaction. `status`: how the job ended.
  Status finish(const IngestReport& report, const Status& status);

 private:
  JobLog(Workspace& workspace, std::string id) : workspace_(&workspace), id_(std::move(id)) {}
  Workspace* workspace_;
  std::string id_;
};

}  // namespace grounds
