#include "evaluation/comparison.h"

#include <doctest/doctest.h>

#include <random>

#include "evaluation/gate.h"

namespace grounds {
namespace {

// `count` queries of all measures around `level`.
std::vector<QueryResult> results(std::size_t count, double level, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> spread(-0.1, 0.1);
  std::vector<QueryResult> all;
  for (std::size_t i = 0; i < count; ++i) {
    QueryResult result{"q" + std::to_string(1000 + i), {}};
    for (double& value : result.values) value = level + spread(random);
    all.push_back(result);
  }
  return all;
}

Baseline baseline_of(const std::vector<QueryResult>& results, bool per_query) {
  Baseline baseline{"set", "hybrid", results.size(), summarise(results).means, {}};
  if (per_query) baseline.per_query = results;
  return baseline;
}

Result<Gate> gate(const Baseline& baseline, const std::vector<QueryResult>& now) {
  return check_gate(baseline, "set", "hybrid", now, summarise(now));
}

TEST_CASE("two results are compared on the queries that both have, the others are named") {
  std::vector<QueryResult> a{{"q1", {1, 1, 1, 1}}, {"q2", {0.5, 1, 1, 0}}, {"q3", {0, 0, 0, 0}}};
  std::vector<QueryResult> b{{"q2", {1, 1, 0, 0}}, {"q3", {0.5, 0, 0, 0}}, {"q4", {1, 1, 1, 1}}};
  Comparison comparison = compare_results(a, b).value();
  CHECK(comparison.queries == 2);
  CHECK(comparison.only_in_a == std::vector<std::string>{"q1"});
  CHECK(comparison.only_in_b == std::vector<std::string>{"q4"});
  REQUIRE(comparison.measures.size() == kMeasures.size());
  CHECK(comparison.measures[0].measure == Measure::kNdcg10);
  CHECK(comparison.measures[0].a == 0.25);
  CHECK(comparison.measures[0].b == 0.75);
  CHECK(comparison.measures[0].test.difference == 0.5);
  CHECK(comparison.measures[0].test.p == 0.5);
  CHECK(comparison.measures[1].test.p == 1.0);
  CHECK(comparison.measures[2].test.difference == -0.5);
}

TEST_CASE("results without a common query cannot be compared") {
  std::vector<QueryResult> a{{"q1", {}}}, b{{"q2", {}}};
  CHECK(compare_results(a, b).error().code == ErrorCode::kBadInput);
}

TEST_CASE("the gate passes what is equal or better, and stops what is worse beyond chance") {
  std::vector<QueryResult> before = results(100, 0.5, 1), slightly = before, worse = before, better = before;
  for (std::size_t i = 0; i < before.size(); ++i) {
    slightly[i].values[0] += i % 2 ? 0.05 : -0.051;
    worse[i].values[0] -= i % 3 ? 0.02 : -0.01;
    better[i].values[0] += 0.02;
  }
  for (bool per_query : {true, false}) {
    CAPTURE(per_query);
    CHECK(gate(baseline_of(before, per_query), before).value().passed);
    CHECK(gate(baseline_of(before, per_query), slightly).value().passed);
    CHECK(gate(baseline_of(before, per_query), better).value().passed);
  }
  Gate stopped = gate(baseline_of(before, true), worse).value();
  CHECK_FALSE(stopped.passed);
  CHECK(stopped.measures[0].dropped);
  CHECK(stopped.measures[0].p < kSignificance);
  CHECK_FALSE(stopped.measures[1].dropped);
  // Without results by query only a drop out of the interval shows, which this one is not.
  CHECK(gate(baseline_of(before, false), worse).value().passed);
  for (QueryResult& each : worse) each.values[0] -= 0.01;
  stopped = gate(baseline_of(before, false), worse).value();
  CHECK_FALSE(stopped.passed);
  CHECK(stopped.measures[0].dropped);
  CHECK_FALSE(stopped.measures[0].p);
}

TEST_CASE("a baseline of something else is refused, not passed") {
  std::vector<QueryResult> now = results(20, 0.5, 2);
  Baseline baseline = baseline_of(now, true);
  CHECK(check_gate(baseline, "other", "hybrid", now, summarise(now)).error().code == ErrorCode::kUsage);
  CHECK(check_gate(baseline, "set", "vector", now, summarise(now)).error().code == ErrorCode::kUsage);
  std::vector<QueryResult> fewer(now.begin(), now.end() - 1);
  CHECK(gate(baseline, fewer).error().code == ErrorCode::kUsage);
  std::vector<QueryResult> others = now;
  others.back().query = "q9999";
  CHECK(gate(baseline, others).error().code == ErrorCode::kUsage);
}

constexpr std::string_view kBaseline = R"({"dataset":"set","mode":"hybrid","queries":2,"ndcg@10":0.5,"recall@100":1,)"
                                       R"("mrr@10":0.25,"map":0.125,"more":[1])";

TEST_CASE("a baseline is read with and without results by query") {
  Baseline baseline = parse_baseline(std::string(kBaseline) + "}").value();
  CHECK(baseline.dataset == "set");
  CHECK(baseline.mode == "hybrid");
  CHECK(baseline.queries == 2);
  CHECK(baseline.means == std::array<double, 4>{0.5, 1, 0.25, 0.125});
  CHECK(baseline.per_query.empty());
  baseline = parse_baseline(std::string(kBaseline) +
                            R"(,"per_query":{"b":{"ndcg@10":1,"recall@100":1,"mrr@10":0.5,"map":0},)"
                            R"("a":{"ndcg@10":0,"recall@100":1,"mrr@10":0,"map":0.25}}})").value();
  CHECK(baseline.per_query == std::vector<QueryResult>{{"a", {0, 1, 0, 0.25}}, {"b", {1, 1, 0.5, 0}}});
}

TEST_CASE("what is no baseline is refused") {
  for (std::string bad : {std::string("[]"), std::string("{"), std::string("{}"),
                          std::string(R"({"dataset":"s","mode":"hybrid","queries":2,"ndcg@10":0.5,"recall@100":1,"mrr@10":0.25})"),
                          std::string(R"({"dataset":"s","mode":"hybrid","queries":-2,"ndcg@10":0.5,"recall@100":1,"mrr@10":0,"map":0})"),
                          std::string(kBaseline) + R"(,"per_query":[]})",
                          std::string(kBaseline) + R"(,"per_query":{"a":{"ndcg@10":2,"recall@100":1,"mrr@10":0,"map":0}}})"}) {
    CAPTURE(bad);
    CHECK(parse_baseline(bad).error().code == ErrorCode::kBadInput);
  }
}

}  // namespace
}  // namespace grounds
