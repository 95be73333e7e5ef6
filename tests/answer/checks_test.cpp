#include "answer/checks.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <string>

#include "answer/extractive.h"
#include "answer/figures.h"
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

namespace {

// Answers that are right: what the built-in backend quotes, and the sentences of the labelled set that are borne out.
struct RightAnswer {
  std::string text, question;
  std::vector<EvidenceItem> evidence;
};

std::vector<RightAnswer> right_answers() {
  std::vector<RightAnswer> all;
  for (const auto& [question, answers] : labelled_questions()) {
    const auto evidence = labelled_evidence(question);
    const AnswerText answer = extractive_answer(question, evidence, labelled_clock(), test_analyzer(), {});
    if (answer.verdict != Verdict::kNotFound) all.push_back({answer.answer, question, evidence});
  }
  std::ifstream file("tests/answer/data/support.tsv");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("+")) continue;
    const std::size_t second = line.find('\t', 2);
    const auto evidence = labelled_document(line.substr(2, second - 2));
    std::string text = line.substr(second + 1);
    for (const EvidenceItem& item : evidence) text.append(" [").append(std::to_string(item.number)).append("]");
    all.push_back({std::move(text), "", evidence});
  }
  return all;
}

}  // namespace

TEST_CASE("Of 500 numbers planted in right answers, foreign ones are caught at 99 % and near ones at 80 %") {
  const std::uint64_t seed = 41;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  constexpr int kEach = 250;
  int foreign_caught = 0, near_caught = 0, whole = 0, alarms = 0;
  std::vector<std::pair<std::size_t, std::string>> foreign, near;   // the answer it was planted in, and the answer
  const std::vector<RightAnswer> answers = right_answers();
  for (std::size_t a = 0; a < answers.size(); ++a) {
    const RightAnswer& right = answers[a];
    ++whole;
    alarms += !check_answer(right.text, right.question, right.evidence, test_analyzer()).unsupported.empty();
    const auto numbers = find_quantities(right.text);
    for (const Quantity& quantity : numbers) {
      if (quantity.begin > 0 && right.text[quantity.begin - 1] == '[') continue;  // a marker
      const auto planted = [&](const std::string& number) {
        std::string text = right.text;
        return text.replace(quantity.begin, quantity.end - quantity.begin, number);
      };
      // The number as it is written, a digit put before it, so that no evidence holds it.
      const std::string written = right.text.substr(quantity.begin, quantity.end - quantity.begin);
      const auto digit = std::find_if(written.begin(), written.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (digit == written.end()) continue;
      const auto holds = [&](const std::string& text) {
        const auto wanted = find_quantities(text);
        return wanted.size() != 1 || std::any_of(right.evidence.begin(), right.evidence.end(), [&](const EvidenceItem& e) {
          const auto there = find_quantities(e.text);
          return std::any_of(there.begin(), there.end(), [&](const Quantity& q) { return same_value(q, wanted.front()); });
        });
      };
      for (int each = 0; each < 3; ++each) {
        std::string other = written;
        other.insert(static_cast<std::size_t>(digit - written.begin()), std::to_string(3 + random() % 6));
        if (!holds(other)) foreign.emplace_back(a, planted(other));
      }
      // Other numbers of the evidence cited, that the answer does not say: another row's, another year's, in another unit.
      for (const EvidenceItem& item : right.evidence) {
        if (right.text.find("[" + std::to_string(item.number) + "]") == std::string::npos) continue;
        for (const Quantity& rival : find_quantities(item.text)) {
          const bool said = std::any_of(numbers.begin(), numbers.end(), [&](const Quantity& q) { return same_value(q, rival); });
          const bool comparable = rival.unit == quantity.unit || rival.unit.empty() || quantity.unit.empty();
          if (!said && comparable) near.emplace_back(a, planted(item.text.substr(rival.begin, rival.end - rival.begin)));
        }
      }
    }
  }
  std::shuffle(foreign.begin(), foreign.end(), random);
  std::shuffle(near.begin(), near.end(), random);
  REQUIRE(foreign.size() >= kEach);
  REQUIRE(near.size() >= kEach);
  const auto is_caught = [&](const std::pair<std::size_t, std::string>& one) {
    const RightAnswer& right = answers[one.first];
    return !check_answer(one.second, right.question, right.evidence, test_analyzer()).unsupported.empty();
  };
  for (int i = 0; i < kEach; ++i) {
    foreign_caught += is_caught(foreign[static_cast<std::size_t>(i)]);
    const bool caught = is_caught(near[static_cast<std::size_t>(i)]);
    near_caught += caught;
    if (!caught) MESSAGE("near miss: " << near[static_cast<std::size_t>(i)].second);
  }
  MESSAGE("planted numbers: foreign " << foreign_caught << "/" << kEach << ", near " << near_caught << "/" << kEach << ", false alarms " << alarms << "/" << whole);
  CHECK(foreign_caught * 100 >= kEach * 99);
  CHECK(near_caught * 100 >= kEach * 80);
  CHECK(alarms * 100 <= whole * 3);
}

TEST_CASE("An answer of 4 MiB, whatever its shape, is checked and compared as far as 64 KiB, and the rest is not borne out") {
  const std::string good = "The meal allowance is CNY 150 per day. [2]\n";
  for (const std::string& piece : {std::string("[1][9]"), std::string("("), std::string("(a = 2025)"), std::string("a. "), std::string("7 "), std::string("[1,1,"),
                                  std::string("2025-03-31 "), std::string("GX-200 "), std::string("一千五百七十七"), std::string("一"), std::string("一亿"), std::string("【3】"), std::string("a [2]. "), good}) {
    INFO(piece);
    std::string answer;
    while (answer.size() < (4U << 20)) answer += piece;
    CHECK(figures_of(answer) == figures_of(answer.substr(0, 64U << 10)));
    const AnswerCheck result = check(answer);
    REQUIRE_FALSE(result.unsupported.empty());
    CHECK(result.unsupported.back() == "(what comes after the first 65536 bytes)");
    CHECK((piece == good ? result.verdict == Verdict::kPartly : result.verdict != Verdict::kSupported));
    for (const std::string& each : result.unsupported) CHECK(is_valid_utf8(each));
  }
  std::string fits;
  while (fits.size() + good.size() <= (64U << 10)) fits += good;
  CHECK(check(fits).verdict == Verdict::kSupported);
}

TEST_CASE("The thousandth sentence of an answer is cited by its own mark, as the first is") {
  std::string answer;
  for (int i = 0; i < 1000; ++i) answer += i % 2 == 0 ? "The meal allowance is CNY 150 per day. [2] " : "员工总数为一千五百七十七人。[3]";
  const AnswerCheck result = check(answer);
  REQUIRE(result.sentences.size() == 1000);
  for (std::size_t i = 0; i < 1000; ++i) CHECK(result.sentences[i].cited == std::vector<std::uint32_t>{i % 2 == 0 ? 2U : 3U});
  CHECK(result.verdict == Verdict::kSupported);
}
