// Rebuilding: all segments of a collection written anew, from the extracts and the stored codes.
#pragma once

#include <cstdint>
#include <string>

#include "grounds/result.h"
#include "index/analysis/analyzer.h"
#include "index/generation/catalog.h"

namespace grounds {

struct RebuildReport {
  Generation generation = 0;
  bool new_generation = false;   // the analyzer's identity had changed
  std::uint64_t chunks = 0, segments = 0;
};

// Analyses every chunk's text again. With the analyzer that the segments were made with, the same chunks of
// the same generations go into new segments, whatever state the old ones' postings are in, and nothing else
// changes. With another one a new generation has them, and earlier generations keep the terms they had.
// One transaction. kDamaged where a chunk's codes are in no readable segment.
Result<RebuildReport> rebuild(Workspace& workspace, const Collection& collection, const Analyzer& analyzer,
                              const std::string& actor);

}  // namespace grounds
