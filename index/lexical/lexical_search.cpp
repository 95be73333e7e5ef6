#include "index/lexical/lexical_search.h"

#include <algorithm>
#include <numeric>

#include "index/lexical/phrase_filter.h"
#include "index/lexical/posting_cursor.h"
#include "index/lexical/scoring.h"
#include "index/lexical/segment_search.h"
#include "index/lexical/top_hits.h"

namespace grounds {

Result<std::vector<Hit>> lexical_search(std::span<const SegmentView> views, const LexicalQuery& query,
                                        const LexicalStatistics& statistics, const LexicalSettings& settings,
                                        std::uint32_t k) {
  GROUNDS_ASSIGN_OR_RETURN(const Scoring scoring, Scoring::create(settings, statistics, query.terms));
  TopHits top(k);
  if (k == 0 || scoring.terms().empty()) return std::vector<Hit>();
  // Largest first: it sets the mark that the others' chunks must pass. The result is the same in any order.
  std::vector<std::uint32_t> order(views.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return views[a].segment->size() > views[b].segment->size(); });
  for (const std::uint32_t number : order) {
    const SegmentView& view = views[number];
    if (query.phrases.empty()) {
      GROUNDS_RETURN_IF_ERROR(search_segment(*view.segment, number, view.eligible.get(), scoring, top));
      continue;
    }
    Bitset chunks = view.eligible ? *view.eligible : Bitset(view.segment->size(), true);
    for (const LexicalPhrase& phrase : query.phrases) GROUNDS_RETURN_IF_ERROR(keep_phrase(*view.segment, phrase, chunks));
    GROUNDS_RETURN_IF_ERROR(search_segment(*view.segment, number, &chunks, scoring, top));
  }
  return std::move(top).sorted();
}

Result<std::vector<std::int64_t>> lexical_scores(std::span<const SegmentView> views, const LexicalQuery& query,
                                                 const LexicalStatistics& statistics, const LexicalSettings& settings,
                                                 std::span<const Hit> hits) {
  GROUNDS_ASSIGN_OR_RETURN(const Scoring scoring, Scoring::create(settings, statistics, query.terms));
  std::vector<std::int64_t> scores(hits.size(), 0);
  std::vector<std::size_t> order(hits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(hits[a].segment, hits[a].ordinal) < std::pair(hits[b].segment, hits[b].ordinal);
  });
  for (auto begin = order.begin(); begin != order.end();) {
    const std::uint32_t number = hits[*begin].segment;
    const auto end = std::find_if(begin, order.end(), [&](std::size_t i) { return hits[i].segment != number; });
    if (number >= views.size()) return fail(ErrorCode::kInternal, "a hit names a segment that is not there");
    const Segment& segment = *views[number].segment;
    if (hits[*(end - 1)].ordinal >= segment.size()) return fail(ErrorCode::kInternal, "a hit names a chunk that is not there");
    GROUNDS_ASSIGN_OR_RETURN(const FieldLengths lengths, segment.lengths());
    for (const ScoredTerm& term : scoring.terms()) {
      GROUNDS_ASSIGN_OR_RETURN(const std::optional<TermPostings> found, segment.find_term(term.term));
      if (!found) continue;
      PostingCursor cursor(*found);
      for (auto i = begin; i != end; ++i) {
        if (!cursor.seek(hits[*i].ordinal)) continue;
        std::uint32_t frequency = 0;
        if (!cursor.weighted_frequency(scoring.weights(), frequency)) return damaged_postings(segment);
        const double norm = scoring.norm(lengths, hits[*i].ordinal);
        scores[*i] += contribution(term.factor, frequency, norm) * term.count;
      }
      if (cursor.damaged()) return damaged_postings(segment);
    }
    begin = end;
  }
  return scores;
}

}  // namespace grounds
