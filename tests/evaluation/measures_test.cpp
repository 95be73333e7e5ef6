#include "evaluation/measures.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "evaluation/query_results.h"
#include "evaluation/run_file.h"

namespace grounds {
namespace {

Ranking ranked(std::initializer_list<const char*> ids) {
  Ranking ranking;
  for (const char* id : ids) ranking.push_back({id, 100.0f - static_cast<float>(ranking.size())});
  return ranking;
}

std::vector<std::string> ids_of(const Ranking& ranking) {
  std::vector<std::string> ids;
  for (const ScoredDocument& each : ranking) ids.push_back(each.id);
  return ids;
}

TEST_CASE("the measures of a ranking worked out by hand") {
  const JudgedDocuments judged{{"a", 0}, {"b", 2}, {"d", 1}, {"e", 1}};
  QueryResult result = evaluate_query("q", judged, ranked({"a", "b", "c", "d"}));
  CHECK(result.query == "q");
  // (2 / log2 3 + 1 / log2 5) / (2 / log2 2 + 1 / log2 3 + 1 / log2 4)
  CHECK(result.value(Measure::kNdcg10) == doctest::Approx(0.5405858).epsilon(1e-6));
  CHECK(result.value(Measure::kRecall100) == doctest::Approx(2.0 / 3));
  CHECK(result.value(Measure::kMrr10) == 0.5);
  CHECK(result.value(Measure::kMap) == doctest::Approx((1.0 / 2 + 2.0 / 4) / 3));
}

TEST_CASE("a perfect ranking scores 1 in all, an empty one 0") {
  const JudgedDocuments judged{{"a", 3}, {"b", 1}};
  for (Measure measure : kMeasures) {
    CAPTURE(measure_name(measure));
    CHECK(evaluate_query("q", judged, ranked({"a", "b", "c"})).value(measure) == 1.0);
    CHECK(evaluate_query("q", judged, {}).value(measure) == 0.0);
  }
}

TEST_CASE("where nothing is relevant all measures are 0, not a division by it") {
  for (Measure measure : kMeasures)
    CHECK(evaluate_query("q", {{"a", 0}, {"b", -1}}, ranked({"a", "b"})).value(measure) == 0.0);
}

TEST_CASE("each measure looks as deep as its name says") {
  Ranking ranking;
  for (int i = 1; i <= 150; ++i) ranking.push_back({"d" + std::to_string(i), -static_cast<float>(i)});
  auto at = [&](int rank, Measure measure) {
    return evaluate_query("q", {{"d" + std::to_string(rank), 1}}, ranking).value(measure);
  };
  CHECK(at(10, Measure::kNdcg10) == doctest::Approx(1 / std::log2(11.0)));
  CHECK(at(11, Measure::kNdcg10) == 0);
  CHECK(at(10, Measure::kMrr10) == 0.1);
  CHECK(at(11, Measure::kMrr10) == 0);
  CHECK(at(100, Measure::kRecall100) == 1);
  CHECK(at(101, Measure::kRecall100) == 0);
  CHECK(at(101, Measure::kMap) == doctest::Approx(1.0 / 101));
}

TEST_CASE("ties go by document id descending, in bytes, as trec_eval has it") {
  Ranking ranking{{"a", 1}, {"B", 1}, {"\xe4\xb8\xad", 1}, {"b", 1}, {"top", 2}};
  sort_as_trec_eval(ranking);
  CHECK(ids_of(ranking) == std::vector<std::string>{"top", "\xe4\xb8\xad", "b", "a", "B"});
}

TEST_CASE("a ranking is read back in its own order, however close its scores are") {
  const std::vector<std::string> ids{"a", "b", "c", "d", "e", "f"};
  const std::vector<double> scores{1.0, 1.0, 1.00000001, 0.999999999, -2.0, -2.0};
  Ranking ranking = strictly_falling(ids, scores);
  for (std::size_t i = 1; i < ranking.size(); ++i) CHECK(ranking[i].score < ranking[i - 1].score);
  CHECK(ranking[0].score == 1.0f);
  CHECK(ranking[4].score == -2.0f);
  sort_as_trec_eval(ranking);
  CHECK(ids_of(ranking) == ids);
}

TEST_CASE("a judged query that the run does not have scores 0, one that nobody judged is left out") {
  std::vector<QueryResult> results =
      evaluate_run({{"q1", {{"a", 1}}}, {"q2", {{"a", 1}}}}, {{"q1", ranked({"a"})}, {"q3", ranked({"a"})}});
  REQUIRE(results.size() == 2);
  CHECK(results[0] == QueryResult{"q1", {1, 1, 1, 1}});
  CHECK(results[1] == QueryResult{"q2", {0, 0, 0, 0}});
  CHECK(mean(results, Measure::kMap) == 0.5);
  CHECK(values_of(results, Measure::kMap) == std::vector<double>{1, 0});
  CHECK(mean({}, Measure::kMap) == 0);
}

// The run has ties, scores that are one float, grades from -1 to 3 and queries with nothing relevant.
TEST_CASE("a random run scores as pytrec_eval scored it") {
  const std::string data = "tests/evaluation/data/";
  FileSystem files;
  Findings findings;
  Judgements judgements = read_judgements(files, data + "qrels.txt", findings).value();
  Run run = read_run(files, data + "run.txt", findings).value();
  std::vector<QueryResult> expected = read_query_results(files, data + "expected.tsv").value();
  std::vector<QueryResult> results = evaluate_run(judgements, run);
  REQUIRE(results.size() == 30);
  REQUIRE(expected.size() == results.size());
  CHECK(findings.all().empty());
  for (std::size_t i = 0; i < results.size(); ++i) {
    CAPTURE(results[i].query);
    CHECK(results[i].query == expected[i].query);
    for (Measure measure : kMeasures) {
      CAPTURE(measure_name(measure));
      CHECK(std::abs(results[i].value(measure) - expected[i].value(measure)) < 1e-9);
    }
  }
}

}  // namespace
}  // namespace grounds
