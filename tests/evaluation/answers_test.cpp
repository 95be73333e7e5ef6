#include <doctest/doctest.h>

#include "evaluation/answer_scores.h"
#include "tests/evaluation/files.h"

namespace grounds {
namespace {

AnswerText answer(std::string text, Verdict verdict, std::vector<std::string> cited = {}) {
  AnswerText given{std::move(text), verdict, {}, {}};
  for (const std::string& uri : cited)
    given.citations.push_back({"[" + std::to_string(given.citations.size() + 1) + "]", 1, uri, 0, 0, 0, ""});
  return given;
}

const AnswerQuestion kLimit{"q", "How much for a night?", true, {"£185", "185 pounds"}, {"travel.md", "reise.md"}, {}};
const AnswerQuestion kNowhere{"n", "Where is Atlantis?", false, {}, {}, {}};

TEST_CASE("an answer is right if an expected text stands in it") {
  CHECK(score_answer(kLimit, answer("The limit is £185 a night [1].", Verdict::kSupported, {"travel.md"})).right());
  CHECK(score_answer(kLimit, answer("It is 185 pounds.", Verdict::kPartly)).right());
  CHECK_FALSE(score_answer(kLimit, answer("It is £165.", Verdict::kSupported)).right());
  CHECK_FALSE(score_answer(kLimit, answer("", Verdict::kNotFound)).right());
}

TEST_CASE("where there is nothing to find, only not found is right") {
  CHECK(score_answer(kNowhere, answer("Not found.", Verdict::kNotFound)).right());
  CHECK_FALSE(score_answer(kNowhere, answer("West of Gibraltar.", Verdict::kUnsupported)).right());
}

TEST_CASE("an answer is exact apart from case, width, punctuation and its markers") {
  CHECK(score_answer(kLimit, answer("185 Pounds. [1]", Verdict::kSupported, {"travel.md"})).exact);
  CHECK_FALSE(score_answer(kLimit, answer("It is 185 pounds.", Verdict::kSupported)).exact);
  const AnswerQuestion chinese{"z", "?", true, {"6200 万元"}, {"a"}, {}};
  CHECK(score_answer(chinese, answer("６２００万元。", Verdict::kSupported)).exact);
}

TEST_CASE("amounts are compared by value, not by how they are written") {
  const AnswerQuestion sales{"s", "?", true, {"1,577 thousand"}, {"a"}, {}};
  CHECK(score_answer(sales, answer("They sold 1577000.", Verdict::kSupported)).numeric == true);
  CHECK(score_answer(sales, answer("They sold 1578000.", Verdict::kSupported)).numeric == false);
  CHECK_FALSE(score_answer({"p", "?", true, {"Ingrid Vale"}, {"a"}, {}}, answer("Ingrid Vale", Verdict::kSupported)).numeric);
  // A marker is no amount.
  const AnswerQuestion one{"o", "?", true, {"1"}, {"a"}, {}};
  CHECK(score_answer(one, answer("Several. [1]", Verdict::kSupported, {"a"})).numeric == false);
}

TEST_CASE("citations are counted by document") {
  ScoredAnswer score = score_answer(kLimit, answer("£185", Verdict::kSupported, {"travel.md", "other.md", "travel.md"}));
  CHECK(score.citations == 2);
  CHECK(score.right_citations == 1);
}

TEST_CASE("many answers are summed up, and verdicts held against what they judged") {
  std::vector<ScoredAnswer> scores{
      score_answer(kLimit, answer("£185 [1]", Verdict::kSupported, {"travel.md", "x.md"})),
      score_answer(kLimit, answer("£165", Verdict::kSupported, {"x.md"})),
      score_answer(kLimit, answer("", Verdict::kNotFound)),
      score_answer(kNowhere, answer("", Verdict::kNotFound)),
      score_answer(kNowhere, answer("West.", Verdict::kUnsupported))};
  AnswerSummary summary = summarise_answers(scores);
  CHECK(summary.questions == 5);
  CHECK(summary.right == Share{2, 5});
  CHECK(summary.contains == Share{1, 3});
  CHECK(summary.numeric == Share{1, 3});
  CHECK(summary.citation_precision == Share{1, 3});
  CHECK(summary.citation_recall == Share{1, 3});
  CHECK(summary.abstained_rightly == Share{1, 2});
  CHECK(summary.abstained_wrongly == Share{1, 3});
  CHECK(summary.by_verdict == std::array<Share, 4>{Share{1, 2}, Share{0, 0}, Share{0, 1}, Share{1, 2}});
}

TEST_CASE("questions are read; what is odd is counted, what is broken refused") {
  test::Files files;
  Findings findings;
  const std::string good = R"({"id":"a","question":"?","answerable":true,"answer":["x"],"documents":["d"],"kind":"k"})" "\n";
  auto questions = read_answer_questions(
      files.system(), files.write("q.jsonl", good + good + R"({"id":"b","question":" ","answerable":false})" "\n"
                                                R"({"id":"c","question":"?","answerable":false,"groups":["hr"]})"),
      findings).value();
  REQUIRE(questions.size() == 2);
  CHECK(questions[0].documents == std::vector<std::string>{"d"});
  CHECK(questions[1].groups == std::vector<std::string>{"hr"});
  CHECK(findings.count(FindingKind::kDuplicateQuery) == 1);
  CHECK(findings.count(FindingKind::kEmptyQuery) == 1);
  for (std::string_view bad : {R"({"id":"a","question":"?"})", R"({"question":"?","answerable":false})",
                               R"({"id":"a","question":"?","answerable":true,"answer":["x"]})",
                               R"({"id":"a","question":"?","answerable":true,"answer":"x","documents":["d"]})",
                               R"({"id":"a","question":"?","answerable":"yes"})", ""}) {
    CAPTURE(bad);
    CHECK(read_answer_questions(files.system(), files.write("bad.jsonl", bad), findings).error().code ==
          ErrorCode::kBadInput);
  }
}

TEST_CASE("a question that cannot be asked stops the evaluation with its id") {
  std::vector<AnswerQuestion> questions{kLimit};
  auto failed = score_questions(questions, [](const AnswerQuestion&) -> Result<GivenAnswer> {
    return fail(ErrorCode::kUnavailable, "no backend");
  });
  CHECK(failed.error().message == "question q: no backend");
}

}  // namespace
}  // namespace grounds
