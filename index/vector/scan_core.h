// The scan itself, over plain arrays: what vector_search runs on segments and CodeIndex on FAISS's side.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "index/vector/kernel.h"
#include "index/vector/scan.h"

namespace grounds {

// Codes to scan, row by row. All of a scan's sources have the queries' dimension.
struct ScanSource {
  std::uint32_t view = 0;                // Hit::segment of what is found here
  std::span<const ChunkId> ids;          // by row; if empty, ties go by row and hits carry no id
  const std::int8_t* codes = nullptr;
  std::span<const std::uint64_t> words;  // a bit for each row to compare; none set past the last row
  std::shared_ptr<const Bitset> owner;   // keeps `words` alive, if need be
};

// One result for each query. `queries` is not empty, all of one dimension in [1, kMaxDimension];
// `threads` >= 1. Throws std::bad_alloc.
std::vector<VectorResult> scan(std::span<const ScanSource> sources,
                               std::span<const std::span<const std::int8_t>> queries,
                               std::uint32_t k, int threads, const Kernel& kernel);

}  // namespace grounds
