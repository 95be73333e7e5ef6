// Ranking: both legs over one snapshot, combined to one integer score. A pure function of the snapshot's
// generation, the principal's permissions and the query (design, law 1).
#pragma once

#include <cstdint>
#include <vector>

#include "grounds/result.h"
#include "index/generation/snapshot.h"
#include "retrieval/query.h"

namespace grounds {

struct RankedChunk {
  std::uint32_t view = 0;          // index into Snapshot::views
  std::uint32_t ordinal = 0;
  std::int64_t space = 0;          // Space::id
  ChunkId id;
  std::int64_t score = 0;          // fused; multiples of 2^-20
  std::int64_t vector_score = 0;   // dot product of codes; 0 where there are none
  std::int64_t lexical_score = 0;  // BM25, multiples of 2^-20
};

// The best `k` chunks, by (score descending, chunk id ascending). `threads` >= 1 changes nothing but time. Settings that
// say approximate mode are exempt from being such a function: then the result depends on the snapshot's graphs too, and
// scores are reciprocal ranks.
Result<std::vector<RankedChunk>> rank(const Snapshot& snapshot, const Query& query, std::uint32_t k, int threads = 1);

// The lexical settings a query carries.
LexicalSettings lexical_settings(const Settings& settings);

}  // namespace grounds
