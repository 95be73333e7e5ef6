#include "tests/answer/labelled.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <stdexcept>

#include "base/canonical_json.h"

namespace grounds::testing {
namespace {

std::vector<Json> read_lines(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(*parse_json(line));
  return lines;
}

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
      for (const Token& token : test_analyzer().analyze(item.title + "\n" + item.heading + "\n" + item.text)) terms.insert(token.term);
      terms_.push_back(std::move(terms));
      items_.push_back(std::move(item));
    }
  }

  std::vector<EvidenceItem> search(const std::string& question, std::size_t count) const {
    std::set<std::string> asked;
    for (const Token& token : test_analyzer().analyze_query(question)) asked.insert(token.term);
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

  std::vector<EvidenceItem> document(const std::string& uri) const {
    std::vector<EvidenceItem> parts;
    for (const EvidenceItem& item : items_) {
      if (item.uri != uri) continue;
      parts.push_back(item);
      parts.back().number = static_cast<std::uint32_t>(parts.size());
    }
    return parts;
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

const Analyzer& test_analyzer() {
  static const auto made = *Analyzer::create();
  return *made;
}

const std::vector<LabelledQuestion>& labelled_questions() {
  static const std::vector<LabelledQuestion> all = [] {
    std::vector<LabelledQuestion> questions;
    for (const Json& line : read_lines("tests/answer/data/questions.jsonl")) questions.push_back({line["question"], line["answers"]});
    return questions;
  }();
  return all;
}

std::vector<EvidenceItem> labelled_document(const std::string& uri) { return documents().document(uri); }

std::vector<EvidenceItem> labelled_evidence(const std::string& question, std::size_t count) { return documents().search(question, count); }

ClockInputs labelled_clock() { return {1795521600000, "Asia/Shanghai"}; }

}  // namespace grounds::testing
