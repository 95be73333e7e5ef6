#include "answer/checks.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>

#include "answer/extractive.h"
#include "answer/quantities.h"
#include "base/utf8.h"
#include "tests/answer/labelled.h"

using namespace grounds;
using namespace grounds::testing;

namespace {

EvidenceItem item(std::uint32_t number, std::string text, std::string title = "", std::string uri = "doc.md") {
  EvidenceItem made;
  made.number = number, made.text = std::move(text), made.title = std::move(title), made.uri = std::move(uri);
  made.begin = 100, made.end = made.begin + made.text.size();
  return made;
}

const std::vector<EvidenceItem>& sales() {
  static const std::vector<EvidenceItem> evidence{
      item(1, "Month | Region | Sales (CNY 10k)\n2025-03 | North | 1,577\n2025-03 | South | 1,204\n2024-03 | North | 1,380", "Sales"),
      item(2, "The meal allowance is CNY 150 per day. The hotel ceiling is CNY 500 per night. Claims are due within 30 days.", "Travel policy 2025"),
      item(3, "员工总数为一千五百七十七人，同比增长12%。研发人员占三成。", "2025年报")};
  return evidence;
}

AnswerCheck check(std::string_view answer, std::string_view question = "") { return check_answer(answer, question, sales(), test_analyzer()); }

bool passes(std::string_view answer) {
  const AnswerCheck result = check(answer);
  if (result.verdict != Verdict::kSupported) MESSAGE(answer << " -> " << verdict_name(result.verdict) << " " << (result.unsupported.empty() ? std::string() : result.unsupported.front()));
  return result.verdict == Verdict::kSupported;
}

}  // namespace

TEST_CASE("A quotation with its marker is supported") {
  CHECK(passes("The meal allowance is CNY 150 per day. [2]"));
  CHECK(passes("The meal allowance is CNY 150 per day [2]."));
  CHECK(passes("员工总数为一千五百七十七人。[3]"));
}

TEST_CASE("Numbers may be spelled another way") {
  CHECK(passes("The meal allowance is 150 yuan per day. [2]"));
  CHECK(passes("Sales in the North in March 2025 were 1577 (CNY 10k). [1]"));
  CHECK(passes("Sales in the North in March 2025 were CNY 15.77 million. [1]"));
  CHECK(passes("员工总数为1,577人，同比增长百分之十二。[3]"));
  CHECK(passes("研发人员占30%。[3]"));
}

TEST_CASE("A marker without evidence is reported, and the sentence with it") {
  const AnswerCheck result = check("The meal allowance is CNY 150 per day. [7]");
  CHECK(result.verdict == Verdict::kUnsupported);
  REQUIRE_FALSE(result.unsupported.empty());
  CHECK(result.unsupported.front() == "[7]");
  CHECK(result.citations.empty());
}

TEST_CASE("A number that stands nowhere is reported as it is written") {
  const AnswerCheck result = check("The meal allowance is CNY 180 per day. [2]");
  CHECK(result.verdict != Verdict::kSupported);
  CHECK(result.unsupported == std::vector<std::string>{"CNY 180"});
}

TEST_CASE("A number of another place of the same evidence is reported") {
  CHECK_FALSE(check("The meal allowance is CNY 500 per day. [2]").unsupported.empty());
  CHECK_FALSE(check("Sales in the North in March 2025 were 1,204. [1]").unsupported.empty());   // the South's
  CHECK_FALSE(check("Sales in the North in March 2024 were 1,577. [1]").unsupported.empty());   // of 2025
  CHECK_FALSE(check("In March 2025, as in all of 2025, sales in the North were 1,380. [1]").unsupported.empty());  // of 2024
  CHECK_FALSE(check("The hotel ceiling is CNY 500 per night. [1]").unsupported.empty());        // stands elsewhere
}

TEST_CASE("A wrong unit, percent sign or currency is reported") {
  CHECK_FALSE(check("Claims are due within 30 hours. [2]").unsupported.empty());
  CHECK_FALSE(check("The meal allowance is USD 150 per day. [2]").unsupported.empty());
  CHECK_FALSE(check("Claims are due within 30 % days. [2]").unsupported.empty());
}

TEST_CASE("A date must stand in what is cited; the year may be the title's") {
  CHECK(passes("In the travel policy 2025 the meal allowance is CNY 150 per day. [2]"));
  CHECK_FALSE(check("In the travel policy 2027 the meal allowance is CNY 150 per day. [2]").unsupported.empty());
  CHECK_FALSE(check("Sales in the North in May 2025 were 1,577. [1]").unsupported.empty());
}

TEST_CASE("A sentence that the evidence does not speak of is reported whole") {
  const AnswerCheck result = check("The meal allowance is CNY 150 per day. [2] Elephants are grey and live in the savannah. [2]");
  CHECK(result.verdict == Verdict::kPartly);
  CHECK(result.unsupported == std::vector<std::string>{"Elephants are grey and live in the savannah."});
}

TEST_CASE("Not found is not found, and frames need no support") {
  CHECK(check("Not found in the documents.").verdict == Verdict::kNotFound);
  CHECK(check("文档中未找到答案。").verdict == Verdict::kNotFound);
  CHECK(check("").verdict == Verdict::kNotFound);
  CHECK(passes("Sources differ; the newest comes first:\n- The meal allowance is CNY 150 per day. [2]"));
  CHECK(passes("(last year = 2025) The meal allowance is CNY 150 per day. [2]"));
}

TEST_CASE("An amount that the question names is no claim, a date of it is") {
  CHECK(check("For 20 people the meal allowance is CNY 150 per day. [2]", "What is the allowance for 20 people?").unsupported.empty());
  CHECK_FALSE(check("In 2031 the meal allowance is CNY 150 per day. [2]", "What is the allowance in 2031?").unsupported.empty());
}

TEST_CASE("A wide opening mark closed by a narrow one ends where it ends") {
  for (std::size_t length = 1; length < 40; ++length) {
    const std::string text = std::string(length, 'x') + " 【1]";
    CHECK(check(text).sentences.size() == 1);
    CHECK(check(text + "\nThe meal allowance is CNY 150 per day 【2]").sentences.size() == 2);
  }
  const AnswerCheck mixed = check("月球绕地球运行【1]中文也在这里【3】。");
  REQUIRE(mixed.sentences.size() == 1);
  CHECK(mixed.sentences[0].cited == std::vector<std::uint32_t>{1, 3});
  CHECK(mixed.sentences[0].sentence.find("中文也在这里") != std::string::npos);
}

TEST_CASE("Of any soup of brackets the sentences are valid UTF-8 and no longer than it") {
  const std::uint64_t seed = 77;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> pieces{"【", "】", "[", "]", "1", "2", "3", ",", " ", "\n", "月球", "a", ".", "。", "(", "）", " = ", ":", "9999"};
  for (int round = 0; round < 400; ++round) {
    std::string soup;
    for (std::size_t i = random() % 24; i > 0; --i) soup += pieces[random() % pieces.size()];
    INFO(soup);
    std::size_t total = 0;
    for (const SentenceCheck& sentence : check(soup).sentences) {
      CHECK(is_valid_utf8(sentence.sentence));
      total += sentence.sentence.size();
    }
    CHECK(total <= soup.size());
    for (const std::string& each : check(soup).unsupported) CHECK(is_valid_utf8(each));
  }
}

TEST_CASE("No form of words carries a false claim past the checks") {
  for (const char* answer : {"The company was fined 999 million yuan in 2031:\n- The meal allowance is CNY 150 per day. [2]",
                             "公司被罚款999万元：\n- The meal allowance is CNY 150 per day. [2]",
                             "Not found in the documents is only what they say, the company was fined 999 million yuan.",
                             "文档中未找到答案只是借口，公司被罚款999万元。",
                             "The meal allowance is CNY 150 per day. [2] Employees get (paid) leave of 999 days (leave = paid leave). [2]",
                             "The meal allowance is CNY 150 per day. [2] (leave of 999 days = 2025)"}) {
    INFO(answer);
    const AnswerCheck result = check(answer);
    CHECK_FALSE(result.unsupported.empty());
    CHECK(result.verdict != Verdict::kSupported);
    CHECK(result.verdict != Verdict::kNotFound);
  }
  CHECK(passes("（去年 = 2025，本月 = 2025-03）员工总数为一千五百七十七人。[3]"));
  CHECK(says_not_found(" Not found in the documents.\n"));
  CHECK(says_not_found("文档中未找到答案。"));
  CHECK_FALSE(says_not_found("Not found in the documents: none."));
  CHECK_FALSE(says_not_found(""));
}

TEST_CASE("Citations of a model's answer are spans of the evidence") {
  const AnswerCheck result = check("Per day, CNY 150 are allowed for a meal [2]. In March 2025 the North sold 1,577 [1].");
  REQUIRE(result.citations.size() == 2);
  for (const Citation& citation : result.citations) {
    const EvidenceItem& cited = sales()[citation.evidence - 1];
    CHECK(citation.quote == cited.text.substr(citation.begin - cited.begin, citation.end - citation.begin));
  }
  CHECK(result.citations[0].quote == "The meal allowance is CNY 150 per day.");
  CHECK(result.citations[1].quote == "2025-03 | North | 1,577");
}

TEST_CASE("Planted in quoted answers, foreign numbers are caught at 99 % and near ones at 80 %") {
  const std::uint64_t seed = 41;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  int foreign = 0, foreign_caught = 0, near = 0, near_caught = 0, whole = 0, alarms = 0;
  for (const auto& [question, answers] : labelled_questions()) {
    const auto evidence = labelled_evidence(question);
    const AnswerText answer = extractive_answer(question, evidence, labelled_clock(), test_analyzer(), {});
    if (answer.verdict == Verdict::kNotFound) continue;
    const auto check_it = [&](const std::string& text) { return check_answer(text, question, evidence, test_analyzer()); };
    ++whole;
    alarms += !check_it(answer.answer).unsupported.empty();
    for (const Quantity& quantity : find_quantities(answer.answer)) {
      if (quantity.begin > 0 && answer.answer[quantity.begin - 1] == '[') continue;  // a marker
      const auto plant = [&](const std::string& number) {
        std::string planted = answer.answer;
        planted.replace(quantity.begin, quantity.end - quantity.begin, number);
        return !check_it(planted).unsupported.empty();
      };
      // The number with its unit's text, a digit changed to what no evidence holds.
      std::string written = answer.answer.substr(quantity.begin, quantity.end - quantity.begin);
      const auto digit = std::find_if(written.begin(), written.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (digit == written.end()) continue;
      std::string other = written;
      other.insert(static_cast<std::size_t>(digit - written.begin()), std::to_string(3 + random() % 6));
      const auto holds = [&](const std::string& text) {
        const auto wanted = find_quantities(text);
        return wanted.size() != 1 || std::any_of(evidence.begin(), evidence.end(), [&](const EvidenceItem& e) {
          const auto there = find_quantities(e.text);
          return std::any_of(there.begin(), there.end(), [&](const Quantity& q) { return same_value(q, wanted.front()); });
        });
      };
      if (!holds(other)) ++foreign, foreign_caught += plant(other);
      // Another number of the cited evidence, with the same unit so that only its place is wrong.
      int tried = 0;
      const EvidenceItem& cited = evidence[answer.citations.front().evidence - 1];
      for (const Quantity& rival : find_quantities(cited.text)) {
        const bool quoted = rival.begin + cited.begin >= answer.citations.front().begin && rival.end + cited.begin <= answer.citations.front().end;
        if (rival.unit != quantity.unit || same_value(rival, quantity) || quoted) continue;
        ++near;
        const std::string number = cited.text.substr(rival.begin, rival.end - rival.begin);
        const bool caught = plant(number);
        near_caught += caught;
        if (!caught) MESSAGE("near miss: " << number << " for " << written << " in " << answer.answer);
        if (++tried == 3) break;
      }
    }
  }
  MESSAGE("planted numbers: foreign " << foreign_caught << "/" << foreign << ", near " << near_caught << "/" << near << ", false alarms " << alarms << "/" << whole);
  CHECK(foreign >= 50);
  CHECK(near >= 50);
  CHECK(foreign_caught * 100 >= foreign * 99);
  CHECK(near_caught * 100 >= near * 80);
  CHECK(alarms * 100 <= whole * 3);
}
