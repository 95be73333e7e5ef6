// BM25 over the postings of a collection's segments, in integers.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"
#include "index/analysis/analyzer.h"
#include "index/segment/segment.h"

namespace grounds {

// Term frequency and length of a chunk are weighted sums over its fields (integer weights, so that
// they stay exact): BM25F with one b. Robertson and Zaragoza, "The Probabilistic Relevance Framework:
// BM25 and Beyond", 2009, section 3. A term's contribution is idf * tf / (tf + k1 * (1 - b + b * length /
// average)), with idf = ln(1 + (N - df + 1/2) / (df + 1/2)); the constant factor k1 + 1 is left out.
struct LexicalSettings {
  double k1 = 0.9;                                         // >= 0
  double b = 0.4;                                          // 0 to 1
  std::array<std::uint32_t, kFieldCount> weights{2, 2, 1, 1};  // title, heading, body, file name; up to 255
  friend bool operator==(const LexicalSettings&, const LexicalSettings&) = default;
};

// kUsage if a number is out of its range.
Status check(const LexicalSettings& settings);

// Statistics of one generation (or of what a principal may see), exact.
struct LexicalStatistics {
  std::uint64_t chunks = 0;                                // N
  std::array<std::uint64_t, kFieldCount> total_length{};   // by field, over live chunks
  std::map<std::string, std::uint64_t> document_frequency; // of the query's terms
  friend bool operator==(const LexicalStatistics&, const LexicalStatistics&) = default;
};

// Counts over the live chunks. Where few chunks of a segment are not live, those are discounted from
// the segment's own totals; else the postings of the terms are counted.
Result<LexicalStatistics> lexical_statistics(std::span<const SegmentView> views,
                                             std::span<const std::string> terms);

// A term of a phrase, and its place in it.
struct PhraseTerm {
  std::string term;
  std::uint32_t position = 0;
  friend bool operator==(const PhraseTerm&, const PhraseTerm&) = default;
};
// Holds in a chunk whose body has, for some start, at start + p one of the terms with position p, for
// each p that occurs.
using LexicalPhrase = std::vector<PhraseTerm>;

// A query: terms (repeats count) and phrases that every hit must contain. Phrases filter and do not score.
struct LexicalQuery {
  std::vector<std::string> terms;
  std::vector<LexicalPhrase> phrases;
  friend bool operator==(const LexicalQuery&, const LexicalQuery&) = default;
};

// The query of a question: its terms, and a phrase for each part in "", “” or 「」.
LexicalQuery lexical_query(const Analyzer& analyzer, std::string_view question);

// The k best eligible chunks with a score above 0. Each term's contribution is rounded to a multiple of
// 2^-20, at least one, and summed as int64: the score is the sum times 2^20. Same result as scoring every
// chunk: a pure function of the set of eligible chunks, whatever the segments. `statistics` must hold
// every term of the query (kInternal).
Result<std::vector<Hit>> lexical_search(std::span<const SegmentView> views, const LexicalQuery& query,
                                        const LexicalStatistics& statistics, const LexicalSettings& settings,
                                        std::uint32_t k);

// The score of given chunks (by segment and ordinal), for hits found by another leg; in their order.
// Phrases do not matter here.
Result<std::vector<std::int64_t>> lexical_scores(std::span<const SegmentView> views, const LexicalQuery& query,
                                                 const LexicalStatistics& statistics,
                                                 const LexicalSettings& settings, std::span<const Hit> hits);

// Natural logarithm by IEEE + - x / only: the same double on every machine. x > 0, finite and normal.
double exact_log(double x);
// BM25's weight of a term, ln(1 + (N - df + 1/2) / (df + 1/2)): above 0, also where df is over N.
double inverse_document_frequency(std::uint64_t chunks, std::uint64_t document_frequency);

}  // namespace grounds
