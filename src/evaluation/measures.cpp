#include "evaluation/measures.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace grounds {
namespace {

constexpr std::size_t kNdcgCut = 10;
constexpr std::size_t kReciprocalRankCut = 10;
constexpr std::size_t kRecallCut = 100;

double discounted(std::int32_t grade, std::size_t index) {
  return grade > 0 ? grade / std::log2(static_cast<double>(index) + 2.0) : 0.0;
}

double ideal_gain(const JudgedDocuments& judged) {
  std::vector<std::int32_t> grades;
  for (const auto& [document, grade] : judged) grades.push_back(grade);
  std::ranges::sort(grades, std::greater());
  double gain = 0;
  for (std::size_t i = 0; i < std::min(kNdcgCut, grades.size()); ++i) gain += discounted(grades[i], i);
  return gain;
}

}  // namespace

std::string_view measure_name(Measure measure) {
  switch (measure) {
    case Measure::kNdcg10: return "ndcg@10";
    case Measure::kRecall100: return "recall@100";
    case Measure::kMrr10: return "mrr@10";
    case Measure::kMap: return "map";
  }
  return "";
}

void sort_as_trec_eval(Ranking& ranking) {
  std::ranges::sort(ranking, [](const ScoredDocument& a, const ScoredDocument& b) {
    return a.score != b.score ? a.score > b.score : a.id > b.id;
  });
}

Ranking strictly_falling(std::span<const std::string> ids, std::span<const double> scores) {
  Ranking ranking;
  ranking.reserve(ids.size());
  float before = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    float score = static_cast<float>(scores[i]);
    if (!(score < before)) score = std::nextafter(before, -std::numeric_limits<float>::infinity());
    ranking.push_back({ids[i], score});
    before = score;
  }
  return ranking;
}

QueryResult evaluate_query(const std::string& query, const JudgedDocuments& judged, Ranking ranking) {
  sort_as_trec_eval(ranking);
  double gain = 0, reciprocal_rank = 0, precisions = 0;
  std::size_t found = 0, found_at_recall_cut = 0;
  for (std::size_t i = 0; i < ranking.size(); ++i) {
    auto judgement = judged.find(ranking[i].id);
    if (judgement == judged.end() || judgement->second <= 0) continue;
    ++found;
    const double rank = static_cast<double>(i) + 1.0;
    if (i < kNdcgCut) gain += discounted(judgement->second, i);
    if (i < kReciprocalRankCut && found == 1) reciprocal_rank = 1.0 / rank;
    if (i < kRecallCut) ++found_at_recall_cut;
    precisions += static_cast<double>(found) / rank;
  }
  QueryResult result{query, {}};
  const auto relevant = static_cast<double>(
      std::ranges::count_if(judged, [](const auto& judgement) { return judgement.second > 0; }));
  if (relevant == 0) return result;
  result.values = {gain / ideal_gain(judged), static_cast<double>(found_at_recall_cut) / relevant, reciprocal_rank,
                   precisions / relevant};
  return result;
}

std::vector<QueryResult> evaluate_run(const Judgements& judgements, const Run& run) {
  std::vector<QueryResult> results;
  results.reserve(judgements.size());
  for (const auto& [query, judged] : judgements) {
    auto ranking = run.find(query);
    results.push_back(evaluate_query(query, judged, ranking == run.end() ? Ranking() : ranking->second));
  }
  return results;
}

double mean(std::span<const QueryResult> results, Measure measure) {
  double sum = 0;
  for (const QueryResult& each : results) sum += each.value(measure);
  return results.empty() ? 0 : sum / static_cast<double>(results.size());
}

std::vector<double> values_of(std::span<const QueryResult> results, Measure measure) {
  std::vector<double> values;
  values.reserve(results.size());
  for (const QueryResult& each : results) values.push_back(each.value(measure));
  return values;
}

}  // namespace grounds
