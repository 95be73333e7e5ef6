// What a collection's index takes: for `grounds index stats`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "grounds/result.h"
#include "index/generation/catalog.h"
#include "index/generation/snapshot.h"
#include "index/vector/approximate.h"

namespace grounds {

// How well the graphs of one space find what an exact search finds, and what they take.
struct GraphStats {
  std::uint64_t graphs = 0;
  std::uint64_t bytes = 0;      // in memory while the collection is searched
  Recall recall;                // at 10, of stored vectors as queries
};

struct SpaceStats {
  Space space;
  std::uint64_t segments = 0, chunks_live = 0, chunks_retired = 0;
  std::uint64_t bytes = 0;                           // of the segment files
  std::map<std::string, std::uint64_t> bytes_by_kind;  // codes, ids, postings, ...
};

struct IndexStats {
  Generation generation = 0, oldest_retained = 0;
  std::uint64_t generations_retained = 0, generations_pruned = 0;
  std::vector<SpaceStats> spaces;
  std::uint64_t segments = 0, merged_segments = 0;
  std::uint64_t chunks_live = 0, chunks_retired = 0;
  std::uint64_t segment_bytes = 0;
  std::uint64_t packs = 0, pack_bytes = 0;           // of the whole workspace; uncompressed
};

// By Space::id, of the spaces with codes; both searches are run for 100 queries each, with the collection's settings.
// Stored chunks find themselves easily, so that real questions may fare worse.
Result<std::map<std::int64_t, GraphStats>> graph_stats(const Snapshot& snapshot);

Result<IndexStats> index_stats(Workspace& workspace, const Collection& collection);

}  // namespace grounds
