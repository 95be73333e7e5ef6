// Exact vector search: every eligible code is compared. Integer dot products, equal on every CPU.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "grounds/result.h"
#include "index/segment/segment.h"

namespace grounds {

struct Kernel;

// Dot product of two int8 vectors of equal size by the best kernel of this CPU. Same integer from
// every kernel.
std::int32_t dot(std::span<const std::int8_t> a, std::span<const std::int8_t> b);

// The distribution of a query's similarities over all eligible chunks, exact.
struct ScoreDistribution {
  std::uint64_t count = 0;
  std::int64_t sum = 0;
  __extension__ unsigned __int128 sum_of_squares = 0;
  std::int32_t minimum = 0, maximum = 0;
};

struct VectorResult {
  std::vector<Hit> hits;            // at most k; score is the dot product
  ScoreDistribution distribution;
};

// The k best of all eligible chunks. `query` has the segments' dimension. A pure function of the set
// of eligible (id, codes): not of segmentation, threads or order. `threads` >= 1.
Result<VectorResult> vector_search(std::span<const SegmentView> views, std::span<const std::int8_t> query,
                                   std::uint32_t k, int threads = 1);

// One result for each of `queries`, equal to that of vector_search; the codes are read from memory
// once for all of them. `kernel`: one of available_kernels(), the best if null.
Result<std::vector<VectorResult>> vector_search_batch(
    std::span<const SegmentView> views, std::span<const std::span<const std::int8_t>> queries,
    std::uint32_t k, int threads = 1, const Kernel* kernel = nullptr);

}  // namespace grounds
