#include "index/vector/approximate.h"

#include <algorithm>
#include <string>

#include "index/vector/scan.h"
#include "index/vector/top_k.h"

namespace grounds {
namespace {

std::uint32_t eligible_count(const SegmentView& view) {
  return view.eligible ? view.eligible->count() : view.segment->size();
}

bool better_scanned(std::uint32_t eligible, std::uint32_t size, const ApproximateSettings& settings) {
  return eligible <= settings.always_exact ||
         std::uint64_t{eligible} * 100 <= std::uint64_t{size} * settings.exact_below_percent;
}

// On a walk only the share of candidates that is eligible counts as result, so the walk widens by it.
std::uint32_t widened(std::uint32_t breadth, std::uint32_t eligible, std::uint32_t size) {
  const std::uint64_t wide = std::uint64_t{breadth} * size / eligible;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(wide, kMaxGraphBreadth));
}

// Of `hits`, how many score as the k-th of `exact` or better; at most as many as there are.
std::size_t found_of(std::span<const Hit> exact, std::span<const Hit> hits) {
  const std::int64_t least = exact.back().score;
  const auto found = std::ranges::count_if(hits, [&](const Hit& hit) { return hit.score >= least; });
  return std::min(exact.size(), static_cast<std::size_t>(found));
}

}  // namespace

Result<std::vector<Hit>> approximate_search(std::span<const SegmentView> views,
                                            std::span<const std::shared_ptr<const Graph>> graphs,
                                            std::span<const std::int8_t> query, std::uint32_t k,
                                            const ApproximateSettings& settings, int threads) {
  if (graphs.size() != views.size()) {
    return fail(ErrorCode::kInternal, "an approximate search needs a graph or null for each segment");
  }
  TopK best(k);
  std::vector<SegmentView> scanned;
  std::vector<std::uint32_t> place;  // of each scanned view among all
  for (std::uint32_t v = 0; v < views.size(); ++v) {
    if (!views[v].segment) return fail(ErrorCode::kInternal, "a view without a segment");
    const std::uint32_t eligible = eligible_count(views[v]);
    const std::uint32_t size = views[v].segment->size();
    if (!graphs[v] || better_scanned(eligible, size, settings)) {
      scanned.push_back(views[v]);
      place.push_back(v);
      continue;
    }
    if (graphs[v]->segment() != views[v].segment) {
      return fail(ErrorCode::kInternal, "a graph of another segment");
    }
    const std::uint32_t breadth = widened(std::max(k, settings.breadth), eligible, size);
    GROUNDS_ASSIGN_OR_RETURN(const std::vector<Hit> hits,
                             graphs[v]->search(query, k, breadth, views[v].eligible.get()));
    for (Hit hit : hits) {
      hit.segment = v;
      best.offer(hit);
    }
  }
  GROUNDS_ASSIGN_OR_RETURN(const VectorResult exact, vector_search(scanned, query, k, threads));
  for (Hit hit : exact.hits) {
    hit.segment = place[hit.segment];
    best.offer(hit);
  }
  return best.take_sorted();
}

Result<Recall> measure_recall(std::span<const SegmentView> views,
                              std::span<const std::shared_ptr<const Graph>> graphs,
                              std::span<const std::span<const std::int8_t>> queries, std::uint32_t k,
                              const ApproximateSettings& settings, int threads) {
  GROUNDS_ASSIGN_OR_RETURN(const std::vector<VectorResult> exact,
                           vector_search_batch(views, queries, k, threads));
  Recall recall;
  double sum = 0;
  for (std::size_t q = 0; q < queries.size(); ++q) {
    if (exact[q].hits.empty()) continue;
    GROUNDS_ASSIGN_OR_RETURN(const std::vector<Hit> hits,
                             approximate_search(views, graphs, queries[q], k, settings, threads));
    const double share = static_cast<double>(found_of(exact[q].hits, hits)) /
                         static_cast<double>(exact[q].hits.size());
    sum += share;
    recall.worst = std::min(recall.worst, share);
    ++recall.queries;
  }
  if (recall.queries != 0) recall.mean = sum / static_cast<double>(recall.queries);
  return recall;
}

Result<std::vector<std::span<const std::int8_t>>> sample_codes(const Segment& segment,
                                                              std::uint32_t count) {
  GROUNDS_ASSIGN_OR_RETURN(const auto codes, segment.codes());
  const std::size_t dimension = segment.header().dimension;
  const std::uint32_t wanted = dimension == 0 ? 0 : std::min(count, segment.size());
  std::vector<std::span<const std::int8_t>> samples;
  for (std::uint64_t i = 0; i < wanted; ++i) {
    samples.push_back(codes.subspan(i * segment.size() / wanted * dimension, dimension));
  }
  return samples;
}

}  // namespace grounds
