#include "ledger/compare/answer_cause.h"

#include <doctest/doctest.h>

#include <functional>

namespace grounds {
namespace {

Side model_side(const std::string& answer) {
  Side side;
  side.answer = answer;
  side.verdict = "supported";
  side.model.backend = side.model.by_backend = "local";
  side.model.kind = side.model.by_kind = "openai";
  side.model.endpoint = side.model.by_endpoint = "http://127.0.0.1:1/v1";
  side.model.model = side.model.by_model = "small";
  side.model.parameters = {{"temperature", 0}};
  return side;
}

EvidenceItem item(const std::string& uri, const std::string& text) {
  EvidenceItem evidence;
  evidence.uri = uri;
  evidence.text = text;
  return evidence;
}

FactorSet data() {
  FactorSet set;
  set.insert(Factor::kData);
  return set;
}

TEST_CASE("equal prompts and other answers: the first of routing, model, parameters and randomness that differs") {
  struct Case {
    const char* name;
    std::function<void(Side&)> change;
    const char* cause;
    Basis basis;
  };
  const Case cases[] = {
      {"fallback", [](Side& b) { b.model.fallback = true, b.model.fallback_reason = "local: timeout", b.model.by_backend = "spare", b.model.by_model = "other"; }, "routing", Basis::kByExclusion},
      {"another model", [](Side& b) { b.model.by_model = "large"; }, "model", Basis::kByExclusion},
      {"another endpoint", [](Side& b) { b.model.by_endpoint = "http://127.0.0.1:2/v1"; }, "model", Basis::kByExclusion},
      {"the server says another model answered", [](Side& b) { b.model.reported_model = "small-2026-11"; }, "model", Basis::kByExclusion},
      {"another epoch of the canaries", [](Side& b) { b.inputs.epoch = 2; }, "model", Basis::kByExclusion},
      {"another fingerprint", [](Side& b) { b.model.fingerprint = "fp_2"; }, "model", Basis::kByExclusion},
      {"another parameter", [](Side& b) { b.model.parameters["temperature"] = 0.7; }, "model_parameters", Basis::kByExclusion},
      {"nothing", [](Side&) {}, "undecidable", Basis::kUndecidable},
  };
  for (const Case& each : cases) {
    INFO(each.name);
    Side a = model_side("one"), b = model_side("two");
    each.change(b);
    for (const auto& [x, y] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
      const AnswerCause cause = cause_of_equal_prompts(*x, *y);
      CHECK(cause.causes() == std::vector<std::string>{each.cause});
      CHECK(cause.basis == each.basis);
      CHECK_FALSE(cause.reason.english.empty());
      CHECK_FALSE(cause.reason.chinese.empty());
      CHECK(cause.decided_by.english.empty() == cause.decided_by.chinese.empty());
      CHECK((cause.basis == Basis::kUndecidable) == !cause.decided_by.empty());
    }
  }
}

TEST_CASE("a model that samples differs by itself where all else is equal") {
  Side a = model_side("one"), b = model_side("two");
  a.model.parameters["temperature"] = b.model.parameters["temperature"] = 1.0;
  const AnswerCause cause = cause_of_equal_prompts(a, b);
  CHECK(cause.causes().front() == "model_randomness");
  CHECK(cause.basis == Basis::kByExclusion);
}

TEST_CASE("a changed document is blamed only for claims that stand in what changed") {
  const EvidenceItem common = item("rules.md", "The limit is 40 days.");
  const std::vector<EvidenceItem> before{common, item("sales.md", "Sales were 1,577 units.")};
  const std::vector<EvidenceItem> after{common, item("sales.md", "Sales were 1,800 units.")};
  auto cause = [&](const std::string& a, const std::string& b, const std::vector<EvidenceItem>& items_a,
                   const std::vector<EvidenceItem>& items_b) {
    return cause_by_claims(compare_claims(model_side(a), model_side(b)), items_a, items_b, {data()});
  };
  SUBCASE("each number stands in its own answer's evidence: established") {
    const AnswerCause found = cause("1577 units were sold.", "1800 units were sold.", before, after);
    CHECK(found.causes() == std::vector<std::string>{"data"});
    CHECK(found.basis == Basis::kProved);
  }
  SUBCASE("the new number stands in what both had") {
    CHECK(cause("1577 units were sold.", "40 days.", before, after).basis == Basis::kUndecidable);
  }
  SUBCASE("the new number stands nowhere: the model made it up") {
    CHECK(cause("1577 units were sold.", "999 units were sold.", before, after).basis == Basis::kUndecidable);
  }
  SUBCASE("the old number stands nowhere, so that the document alone does not explain the difference") {
    CHECK(cause("42 units were sold.", "1800 units were sold.", before, after).basis == Basis::kUndecidable);
  }
  SUBCASE("other words, the same claim") {
    CHECK(cause("1577 units were sold.", "Sold: 1,577 units.", before, after).basis == Basis::kUndecidable);
  }
  SUBCASE("an irrelevant edit beside a model that samples") {
    const std::vector<EvidenceItem> edited{item("rules.md", "The limit is 40 days. Printed in blue."), before[1]};
    CHECK(cause("The limit is 40 days.", "1577 units were sold.", before, edited).basis == Basis::kUndecidable);
  }
  SUBCASE("the number is gone with its document") {
    CHECK(cause("1577 units were sold.", "That is not said.", before, {common}).basis == Basis::kProved);
    CHECK(cause("1577 units were sold.", "That is not said.", before, after).basis == Basis::kProved);
  }
  SUBCASE("the evidence is the same") {
    CHECK(cause_by_claims(compare_claims(model_side("1577"), model_side("40")), before, before, {}).basis == Basis::kUndecidable);
  }
}

TEST_CASE("whether two answers claim the same does not hang on their wording") {
  CHECK(compare_claims(model_side("There were 1,577 of them."), model_side("1577 in all.")).same());
  CHECK_FALSE(compare_claims(model_side("There were 1,577."), model_side("There were 1,578.")).same());
  Side none = model_side("Not found in the documents.");
  none.verdict = "not_found";
  CHECK_FALSE(compare_claims(model_side("It is so."), none).same());
}

}  // namespace
}  // namespace grounds
