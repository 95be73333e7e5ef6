// Merging: fewer and larger segments, and none of the chunks that no retained generation shows. What a
// search finds stays the same: a merge publishes no generation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "grounds/result.h"
#include "index/generation/workspace.h"

namespace grounds {

// A collection never keeps more segments than this after a commit, unless a merge failed.
inline constexpr std::size_t kMaxSegments = 32;

enum class MergeExtent {
  kSmall,  // what a commit does: full tiers of small segments, and whatever exceeds kMaxSegments
  kTiers,  // all full tiers, and segments of which a quarter or more is of no retained generation
  kAll,    // one segment for each space, with nothing in it that is not needed
};

struct MergeReport {
  std::uint64_t merges = 0;           // catalog transactions
  std::uint64_t segments_taken = 0;   // replaced by the merged ones
  std::uint64_t chunks_dropped = 0;   // of no retained generation
};

// Each merge is a catalog transaction of its own: the new file is durable before it, the old ones go
// after it, and whatever fails in between leaves the segments as they were. Other commits wait for it,
// readers do not.
Result<MergeReport> merge_collection(Workspace& workspace, std::int64_t collection, MergeExtent extent);

}  // namespace grounds
