// BM25 over the postings of a collection's segments, in integers.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "grounds/result.h"
#include "index/segment/segment.h"

namespace grounds {

// Term frequency and length of a chunk are weighted sums over its fields (integer weights, so that
// they stay exact): BM25F with one b. Robertson and Zaragoza, "The Probabilistic Relevance Framework:
// BM25 and Beyond", 2009, section 3.
struct LexicalSettings {
  double k1 = 0.9;
  double b = 0.4;
  std::array<std::uint32_t, kFieldCount> weights{2, 2, 1, 1};  // title, heading, body, file name
  friend bool operator==(const LexicalSettings&, const LexicalSettings&) = default;
};

// Statistics of one generation (or of what a principal may see), exact.
struct LexicalStatistics {
  std::uint64_t chunks = 0;                                // N
  std::array<std::uint64_t, kFieldCount> total_length{};   // by field, over live chunks
  std::map<std::string, std::uint64_t> document_frequency; // of the query's terms
};

Result<LexicalStatistics> lexical_statistics(std::span<const SegmentView> views,
                                             std::span<const std::string> terms);

// A query: terms (repeats count) and phrases (consecutive body positions that a hit must contain).
struct LexicalQuery {
  std::vector<std::string> terms;
};

// The k best eligible chunks with a score above 0. Each term's contribution is rounded to a multiple of
// 2^-20 and summed as int64: the score is the sum times 2^20. Same result as scoring every chunk.
Result<std::vector<Hit>> lexical_search(std::span<const SegmentView> views, const LexicalQuery& query,
                                        const LexicalStatistics& statistics, const LexicalSettings& settings,
                                        std::uint32_t k);

// The score of given chunks (by segment and ordinal), for hits found by another leg.
Result<std::vector<std::int64_t>> lexical_scores(std::span<const SegmentView> views, const LexicalQuery& query,
                                                 const LexicalStatistics& statistics,
                                                 const LexicalSettings& settings, std::span<const Hit> hits);

// Natural logarithm by IEEE + - x / only: the same double on every machine. x > 0.
double exact_log(double x);

}  // namespace grounds
