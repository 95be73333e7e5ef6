#include "index/vector/scan.h"

#include <memory>
#include <new>
#include <string>

#include "index/vector/kernel.h"
#include "index/vector/scan_core.h"

namespace grounds {
namespace {

using Query = std::span<const std::int8_t>;

bool any(std::span<const std::uint64_t> words) {
  for (const std::uint64_t word : words) {
    if (word != 0) return true;
  }
  return false;
}

Result<std::vector<ScanSource>> open_sources(std::span<const SegmentView> views, std::size_t dimension) {
  std::vector<ScanSource> sources;
  for (std::uint32_t v = 0; v < views.size(); ++v) {
    const auto& [segment, live, eligible] = views[v];
    if (!segment || (eligible && eligible->size() != segment->size())) {
      return fail(ErrorCode::kInternal, "a view's bitset does not fit its segment");
    }
    if (segment->size() == 0 || (eligible && !any(eligible->words()))) continue;
    if (segment->header().dimension != dimension) {
      return fail(ErrorCode::kUsage,
                  segment->path() + ": holds vectors of dimension " +
                      std::to_string(segment->header().dimension) + ", the query has " +
                      std::to_string(dimension),
                  "search each space with a query embedded by its own model");
    }
    GROUNDS_ASSIGN_OR_RETURN(const auto ids, segment->ids());
    GROUNDS_ASSIGN_OR_RETURN(const auto codes, segment->codes());
    if (ids.size() != segment->size() || codes.size() != ids.size() * dimension) {
      return fail(ErrorCode::kDamaged, segment->path() + ": its blocks do not agree on its size",
                  "run `grounds doctor`");
    }
    auto rows = eligible ? eligible : std::make_shared<const Bitset>(segment->size(), true);
    sources.push_back({v, ids, codes.data(), rows->words(), rows});
  }
  return sources;
}

}  // namespace

Result<std::vector<VectorResult>> vector_search_batch(std::span<const SegmentView> views,
                                                      std::span<const Query> queries,
                                                      std::uint32_t k, int threads,
                                                      const Kernel* kernel) {
  if (threads < 1) return fail(ErrorCode::kUsage, "a search needs at least one thread");
  if (queries.empty()) return std::vector<VectorResult>{};
  for (const Query& query : queries) {
    if (query.empty() || query.size() > kMaxDimension || query.size() != queries.front().size()) {
      return fail(ErrorCode::kUsage,
                  "a query vector has dimension " + std::to_string(query.size()),
                  "all queries of a search have one dimension, from 1 to " +
                      std::to_string(kMaxDimension));
    }
  }
  GROUNDS_ASSIGN_OR_RETURN(const std::vector<ScanSource> sources,
                           open_sources(views, queries.front().size()));
  try {
    return scan(sources, queries, k, threads, kernel ? *kernel : best_kernel());
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kUnavailable, "not enough memory for a search's results",
                "ask for fewer results, or free memory");
  }
}

Result<VectorResult> vector_search(std::span<const SegmentView> views, Query query, std::uint32_t k,
                                   int threads) {
  GROUNDS_ASSIGN_OR_RETURN(std::vector<VectorResult> results,
                           vector_search_batch(views, std::span(&query, 1), k, threads));
  return std::move(results.front());
}

}  // namespace grounds
