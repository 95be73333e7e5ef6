// Are sentences told apart that a document bears out and that it does not? On a labelled set.
#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "answer/checks.h"
#include "tests/answer/labelled.h"

using namespace grounds;
using namespace grounds::testing;

namespace {

struct SupportCase {
  bool supported;
  std::string uri, sentence;
};

std::vector<SupportCase> support_cases() {
  std::ifstream file("tests/answer/data/support.tsv");
  REQUIRE(file);
  std::vector<SupportCase> cases;
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find('\t'), second = line.find('\t', first + 1);
    REQUIRE(second != std::string::npos);
    cases.push_back({line.starts_with("+"), line.substr(first + 1, second - first - 1), line.substr(second + 1)});
  }
  return cases;
}

}  // namespace

TEST_CASE("On the labelled set, support is told with precision and recall of at least 90 %") {
  int right = 0, passed_wrongly = 0, supported = 0, unsupported = 0;
  for (const SupportCase& one : support_cases()) {
    const auto evidence = labelled_document(one.uri);
    REQUIRE_FALSE(evidence.empty());
    std::string answer = one.sentence;
    for (const EvidenceItem& item : evidence) answer.append(" [").append(std::to_string(item.number)).append("]");
    const bool borne_out = check_answer(answer, "", evidence, test_analyzer()).verdict == Verdict::kSupported;
    (one.supported ? supported : unsupported) += 1;
    if (borne_out) (one.supported ? right : passed_wrongly) += 1;
    if (one.supported && !borne_out) MESSAGE("borne out, but not seen: " << one.sentence);
    if (!one.supported && borne_out) MESSAGE("not borne out, but passed: " << one.sentence);
  }
  MESSAGE("sentence support: precision " << right << "/" << right + passed_wrongly << ", recall " << right << "/" << supported << "; of " << unsupported << " others " << passed_wrongly << " passed");
  CHECK(supported == 100);
  CHECK(unsupported == 100);
  CHECK(right * 10 >= 9 * (right + passed_wrongly));
  CHECK(right * 10 >= 9 * supported);
}
