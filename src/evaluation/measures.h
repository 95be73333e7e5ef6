// The measures of ranked retrieval, as trec_eval computes them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evaluation/judgements.h"

namespace grounds {

enum class Measure : std::uint8_t { kNdcg10, kRecall100, kMrr10, kMap };
inline constexpr std::array kMeasures = {Measure::kNdcg10, Measure::kRecall100, Measure::kMrr10, Measure::kMap};
// "ndcg@10", "recall@100", "mrr@10", "map".
std::string_view measure_name(Measure measure);

struct ScoredDocument {
  std::string id;
  float score = 0;   // trec_eval reads scores as floats: two that are one float are a tie
};
// Distinct ids.
using Ranking = std::vector<ScoredDocument>;
// By query id.
using Run = std::map<std::string, Ranking>;

// By score descending, ties by id descending: the order in which trec_eval reads a run, whatever the
// ranks in the file say (trec_eval 9, form_res_rels.c).
void sort_as_trec_eval(Ranking& ranking);

// A ranking in the given order, best first, that trec_eval reads in just this order: a score that does
// not fall below the one before it is lowered to the next smaller float.
Ranking strictly_falling(std::span<const std::string> ids, std::span<const double> scores);

struct QueryResult {
  std::string query;
  std::array<double, kMeasures.size()> values{};
  double value(Measure measure) const { return values[static_cast<std::size_t>(measure)]; }
  friend bool operator==(const QueryResult&, const QueryResult&) = default;
};

// One query's measures. A document without a judgement, or with a grade of 0 or less, is not relevant.
//   ndcg@10     gain = grade, discount log2(rank + 1), over that of the ideal ranking of all judged
//               documents (Jarvelin and Kekalainen, TOIS 2002; trec_eval's ndcg_cut)
//   recall@100  relevant documents within the first 100, over all relevant ones
//   mrr@10      1 / rank of the first relevant document within the first 10
//   map         mean over all relevant documents of the precision at their ranks, 0 where not ranked
// All are 0 where nothing is relevant.
QueryResult evaluate_query(const std::string& query, const JudgedDocuments& judged, Ranking ranking);

// All judged queries, by id; one that the run does not have scores 0 (trec_eval -c).
std::vector<QueryResult> evaluate_run(const Judgements& judgements, const Run& run);

// 0 of none.
double mean(std::span<const QueryResult> results, Measure measure);
std::vector<double> values_of(std::span<const QueryResult> results, Measure measure);

}  // namespace grounds
