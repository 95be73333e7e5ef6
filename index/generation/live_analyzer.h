// Which analyzer the terms of a collection's newest generation come from.
#pragma once

#include <cstdint>
#include <string>

#include "base/sqlite.h"
#include "grounds/result.h"
#include "index/generation/workspace.h"

namespace grounds {

// Analyzer::identity() of the live chunks' terms, "" if no chunk is live. Since commits refuse any other, those of
// one chunk tell it for all. Costs two queries where all segments are of one analyzer; else the ids of up to all
// segments are looked through. `database`: a connection whose state of the catalog is meant.
Result<std::string> live_analyzer(Workspace& workspace, Database& database, std::int64_t collection);

}  // namespace grounds
