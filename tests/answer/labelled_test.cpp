// The extractive backend on the labelled set.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "answer/checks.h"
#include "answer/extractive.h"
#include "base/utf8.h"
#include "tests/answer/labelled.h"

using namespace grounds;
using namespace grounds::testing;

TEST_CASE("On the labelled set, at least 90 % are answered right and 90 % of the unanswerable declined") {
  int right = 0, answerable = 0, declined = 0, unanswerable = 0, borne_out = 0, given = 0;
  for (const auto& [question, answers] : labelled_questions()) {
    const auto evidence = labelled_evidence(question);
    const AnswerText answer = extractive_answer(question, evidence, labelled_clock(), test_analyzer(), {});
    if (answers.empty()) {
      ++unanswerable;
      declined += answer.verdict == Verdict::kNotFound;
      if (answer.verdict != Verdict::kNotFound) MESSAGE("answered, though nothing does: " << question << " -> " << answer.answer);
    } else {
      ++answerable;
      const bool found = std::any_of(answers.begin(), answers.end(), [&, &given_answer = answer.answer](const std::string& a) { return given_answer.find(a) != std::string::npos; });
      right += found;
      if (!found) MESSAGE("wrong: " << question << " -> " << answer.answer);
    }
    if (answer.verdict == Verdict::kNotFound) continue;
    ++given;
    const AnswerCheck check = check_answer(answer.answer, question, evidence, test_analyzer());
    borne_out += check.verdict == Verdict::kSupported;
    if (check.verdict != Verdict::kSupported) MESSAGE("quoted, but not passed by the checks: " << answer.answer << " -> " << (check.unsupported.empty() ? "" : check.unsupported.front()));
  }
  MESSAGE("labelled set: " << right << "/" << answerable << " right, " << declined << "/" << unanswerable << " declined, checks pass " << borne_out << "/" << given);
  CHECK(right * 10 >= answerable * 9);
  CHECK(declined * 10 >= unanswerable * 9);
  CHECK(borne_out * 100 >= given * 97);
}

TEST_CASE("Every citation of every answer is the bytes of its extract, and is marked in the answer") {
  for (const auto& [question, answers] : labelled_questions()) {
    INFO(question);
    const auto evidence = labelled_evidence(question);
    const AnswerText answer = extractive_answer(question, evidence, labelled_clock(), test_analyzer(), {});
    CHECK(is_valid_utf8(answer.answer));
    if (answer.verdict == Verdict::kNotFound) {
      CHECK(answer.citations.empty());
      continue;
    }
    CHECK_FALSE(answer.citations.empty());
    CHECK(answer.citations.size() <= 3);
    for (const Citation& citation : answer.citations) {
      REQUIRE(citation.evidence >= 1);
      REQUIRE(citation.evidence <= evidence.size());
      const EvidenceItem& item = evidence[citation.evidence - 1];
      REQUIRE(citation.begin >= item.begin);
      REQUIRE(citation.end <= item.end);
      CHECK(citation.uri == item.uri);
      CHECK(citation.quote == item.text.substr(citation.begin - item.begin, citation.end - citation.begin));
      CHECK(answer.answer.find(citation.marker) != std::string::npos);
    }
  }
}

TEST_CASE("The same question over the same evidence gives the same answer, and the order of ties does not matter") {
  for (const auto& [question, answers] : labelled_questions()) {
    const auto evidence = labelled_evidence(question);
    const AnswerText first = extractive_answer(question, evidence, labelled_clock(), test_analyzer(), {});
    const AnswerText second = extractive_answer(question, evidence, labelled_clock(), test_analyzer(), {});
    CHECK(first.answer == second.answer);
    CHECK(first.citations == second.citations);
  }
}
