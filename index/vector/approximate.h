// The approximate mode: graphs where a segment has one, the exact scan elsewhere and wherever a filter
// leaves so few chunks that scanning them costs less than walking past the others.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "grounds/result.h"
#include "index/segment/segment.h"
#include "index/vector/graph.h"

namespace grounds {

struct ApproximateSettings {
  std::uint32_t breadth = 128;            // candidates kept on a walk; more: better recall, slower
  std::uint32_t always_exact = 20000;     // eligible chunks of a segment up to which it is scanned
  std::uint32_t exact_below_percent = 15; // and up to which share of the segment
};

// `graphs` holds one for each view, or null. Scores are exact; which chunks are found is not: the one
// search that is exempt from being a function of the generation alone. Best first, at most k.
Result<std::vector<Hit>> approximate_search(std::span<const SegmentView> views,
                                            std::span<const std::shared_ptr<const Graph>> graphs,
                                            std::span<const std::int8_t> query, std::uint32_t k,
                                            const ApproximateSettings& settings = {},
                                            int threads = 1);

struct Recall {
  std::uint64_t queries = 0;
  double mean = 1;      // over the queries: share of the k exact results that were found
  double worst = 1;     // of one query
};

// Recall at k against the exact search. A result that scores as the exact k-th or better counts as
// found: among equal scores neither is the right one.
Result<Recall> measure_recall(std::span<const SegmentView> views,
                              std::span<const std::shared_ptr<const Graph>> graphs,
                              std::span<const std::span<const std::int8_t>> queries, std::uint32_t k,
                              const ApproximateSettings& settings = {}, int threads = 1);

// Up to `count` stored vectors at even distances, as queries for measure_recall when no real ones are
// at hand. A chunk finds itself easily, so what they tell is an upper bound.
Result<std::vector<std::span<const std::int8_t>>> sample_codes(const Segment& segment,
                                                              std::uint32_t count);

}  // namespace grounds
