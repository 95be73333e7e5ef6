#include "ledger/compare/controls.h"

#include <doctest/doctest.h>

namespace grounds {
namespace {

ControlRuns runs(std::map<std::string, std::uint32_t> answers) {
  ControlRuns result;
  for (const auto& [text, n] : answers) {
    result.asked += n;
    result.answers[text] += n;
    result.claims[claims_key(text)] += n;
  }
  return result;
}

Comparison comparison(const std::string& a, const std::string& b, bool same_prompt) {
  Comparison result;
  result.a.answer = a, result.b.answer = b;
  for (Side* side : {&result.a, &result.b}) side->model.backend = side->model.by_backend = "local";
  result.same_prompt = same_prompt;
  result.basis = Basis::kUndecidable;
  result.decided_by = {"controls", "对照"};
  result.prompt_causes = {{"data"}};
  return result;
}

TEST_CASE("the chance of a difference is that of Fisher's exact test") {
  // 10 of 10 against 0 of 10: 2 / C(20, 10).
  CHECK(difference_by_chance(runs({{"1577", 10}}), runs({{"1800", 10}})) == doctest::Approx(2.0 / 184756));
  CHECK(difference_by_chance(runs({{"1577", 5}, {"1800", 5}}), runs({{"1577", 5}, {"1800", 5}})) == doctest::Approx(1.0));
  // Fisher's tea: 3 of 4 against 1 of 4.
  CHECK(difference_by_chance(runs({{"1577", 3}, {"1800", 1}}), runs({{"1577", 1}, {"1800", 3}})) == doctest::Approx(34.0 / 70));
  CHECK(difference_by_chance(ControlRuns(), runs({{"1", 3}})) == 1.0);
}

TEST_CASE("a model that gives other answers to the same prompt is shown to be random") {
  Comparison result = comparison("It was 1577.", "It was 1800.", true);
  decide_by_controls(result, runs({{"It was 1577.", 3}, {"It was 1800.", 2}}), runs({{"It was 1577.", 5}}), {});
  CHECK(result.answer_cause == "model_randomness");
  CHECK(result.basis == Basis::kProved);
  CHECK(result.party == "B");
  CHECK(result.decided_by.empty());
}

TEST_CASE("a model that repeats itself leaves the cause undecidable, and that is said") {
  Comparison result = comparison("It was 1577.", "It was 1800.", true);
  decide_by_controls(result, runs({{"It was 1577.", 5}}), runs({{"It was 1577.", 5}}), {});
  CHECK(result.answer_cause == "undecidable");
  CHECK(result.basis == Basis::kUndecidable);
  CHECK(result.party == "unassigned");
}

TEST_CASE("two prompts that give other claims every time differ by what changed between them") {
  Comparison result = comparison("It was 1577.", "It was 1800.", false);
  decide_by_controls(result, runs({{"It was 1577.", 10}}), runs({{"1800, it was.", 10}}), {});
  CHECK(result.causes == std::vector<std::string>{"data"});
  CHECK(result.basis == Basis::kStatistical);
  CHECK(result.party == "A");
}

TEST_CASE("where one prompt alone gives both claims, the change of the prompt is not blamed") {
  Comparison result = comparison("It was 1577.", "It was 1800.", false);
  decide_by_controls(result, runs({{"It was 1577.", 6}, {"It was 1800.", 4}}), runs({{"It was 1577.", 5}, {"It was 1800.", 5}}), {});
  CHECK(result.answer_cause == "model_randomness");
  CHECK(result.basis == Basis::kProved);
}

TEST_CASE("few runs that differ by chance decide nothing") {
  Comparison result = comparison("It was 1577.", "It was 1800.", false);
  result.causes = {"undecidable"};
  result.answer_cause = "undecidable";
  decide_by_controls(result, runs({{"It was 42.", 2}}), runs({{"It was 43.", 2}}), {});
  CHECK(result.answer_cause == "undecidable");
}

TEST_CASE("what is proved without controls stays as it is") {
  Comparison result = comparison("It was 1577.", "It was 1800.", false);
  result.causes = {"data"};
  result.answer_cause = "data";
  result.basis = Basis::kProved;
  decide_by_controls(result, runs({{"It was 1577.", 6}, {"It was 1800.", 4}}), runs({{"It was 1577.", 5}}), {});
  CHECK(result.answer_cause == "data");
}

}  // namespace
}  // namespace grounds
