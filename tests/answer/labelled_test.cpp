// The extractive backend on a labelled set: small documents of two invented companies, English and
// Chinese, and questions with accepted answers; a question without any has none in the documents.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "answer/checks.h"
#include "answer/extractive.h"
#include "base/canonical_json.h"
#include "base/utf8.h"

using namespace grounds;

namespace {

// 2026-11-24T12:00Z.
const ClockInputs kClock{1795521600000, "Asia/Shanghai"};

std::vector<Json> read_lines(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file);
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(*parse_json(line));
  return lines;
}

const Analyzer& analyzer() {
  static const auto made = *Analyzer::create();
  return *made;
}

// Retrieval as plain as can be: shared terms, weighted by rarity; the vectors are left out (0).
class Documents {
 public:
  Documents() {
    for (const Json& line : read_lines("tests/answer/data/documents.jsonl")) {
      EvidenceItem item;
      item.uri = line["uri"], item.title = line["title"], item.heading = line["heading"], item.date = line["date"];
      item.text = line["text"], item.table_header = line["table_header"];
      item.begin = 1000 * items_.size();  // as if cut from a longer extract
      item.end = item.begin + item.text.size();
      std::set<std::string> terms;
      for (const Token& token : analyzer().analyze(item.title + "\n" + item.heading + "\n" + item.text)) terms.insert(token.term);
      terms_.push_back(std::move(terms));
      items_.push_back(std::move(item));
    }
  }

  std::vector<EvidenceItem> search(const std::string& question, std::size_t count) const {
    std::set<std::string> asked;
    for (const Token& token : analyzer().analyze_query(question)) asked.insert(token.term);
    std::vector<std::pair<std::int64_t, std::size_t>> ranked;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      std::int64_t score = 0;
      for (const std::string& term : asked) {
        if (terms_[i].count(term) == 0) continue;
        const auto holding = std::count_if(terms_.begin(), terms_.end(), [&](const auto& t) { return t.count(term) > 0; });
        score += static_cast<std::int64_t>(1'000'000) / holding;
      }
      if (score > 0) ranked.emplace_back(-score, i);
    }
    std::sort(ranked.begin(), ranked.end());
    std::vector<EvidenceItem> evidence;
    for (std::size_t i = 0; i < std::min(count, ranked.size()); ++i) {
      evidence.push_back(items_[ranked[i].second]);
      evidence.back().number = static_cast<std::uint32_t>(i + 1);
      evidence.back().score = evidence.back().lexical_score = -ranked[i].first;
    }
    return evidence;
  }

 private:
  std::vector<EvidenceItem> items_;
  std::vector<std::set<std::string>> terms_;
};

const Documents& documents() {
  static const Documents all;
  return all;
}

}  // namespace

TEST_CASE("On the labelled set, at least 90 % are answered right and 90 % of the unanswerable declined") {
  int right = 0, answerable = 0, declined = 0, unanswerable = 0, borne_out = 0, given = 0;
  for (const Json& line : read_lines("tests/answer/data/questions.jsonl")) {
    const std::string question = line["question"];
    const auto evidence = documents().search(question, 6);
    const AnswerText answer = extractive_answer(question, evidence, kClock, analyzer(), {});
    if (line["answers"].empty()) {
      ++unanswerable;
      declined += answer.verdict == Verdict::kNotFound;
      if (answer.verdict != Verdict::kNotFound) MESSAGE("answered, though nothing does: " << question << " -> " << answer.answer);
    } else {
      ++answerable;
      const bool found = std::any_of(line["answers"].begin(), line["answers"].end(), [&](const Json& a) { return answer.answer.find(a.get<std::string>()) != std::string::npos; });
      right += found;
      if (!found) MESSAGE("wrong: " << question << " -> " << answer.answer);
    }
    if (answer.verdict == Verdict::kNotFound) continue;
    ++given;
    const AnswerCheck check = check_answer(answer.answer, question, evidence, analyzer());
    borne_out += check.verdict == Verdict::kSupported;
    if (check.verdict != Verdict::kSupported) MESSAGE("quoted, but not passed by the checks: " << answer.answer << " -> " << (check.unsupported.empty() ? "" : check.unsupported.front()));
  }
  MESSAGE("labelled set: " << right << "/" << answerable << " right, " << declined << "/" << unanswerable << " declined, checks pass " << borne_out << "/" << given);
  CHECK(right * 10 >= answerable * 9);
  CHECK(declined * 10 >= unanswerable * 9);
  CHECK(borne_out * 100 >= given * 97);
}

TEST_CASE("Every citation of every answer is the bytes of its extract, and is marked in the answer") {
  for (const Json& line : read_lines("tests/answer/data/questions.jsonl")) {
    const std::string question = line["question"];
    INFO(question);
    const auto evidence = documents().search(question, 6);
    const AnswerText answer = extractive_answer(question, evidence, kClock, analyzer(), {});
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
  for (const Json& line : read_lines("tests/answer/data/questions.jsonl")) {
    const std::string question = line["question"];
    const auto evidence = documents().search(question, 6);
    const AnswerText first = extractive_answer(question, evidence, kClock, analyzer(), {});
    const AnswerText second = extractive_answer(question, evidence, kClock, analyzer(), {});
    CHECK(first.answer == second.answer);
    CHECK(first.citations == second.citations);
  }
}
