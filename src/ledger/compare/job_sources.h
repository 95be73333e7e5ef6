// Where a job's documents came from, so that what a source says itself can be looked up later.
#pragma once

#include <string>
#include <vector>

#include "grounds/result.h"
#include "index/generation/workspace.h"

namespace grounds {

// Notes the absolute paths in the job's row.
Status note_job_sources(Workspace& workspace, const std::string& job, const std::vector<std::string>& paths);
// Those of a collection's last jobs, each once.
Result<std::vector<std::string>> job_sources(Workspace& workspace, std::int64_t collection);

}  // namespace grounds
