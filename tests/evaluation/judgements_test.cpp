#include "evaluation/judgements.h"

#include <doctest/doctest.h>

#include "tests/evaluation/files.h"

namespace grounds {
namespace {

Result<Judgements> read(std::string_view content, Findings& findings) {
  test::Files files;
  return read_judgements(files.system(), files.write("test.tsv", content), findings);
}

TEST_CASE("the BEIR form is read, header or not, and ids may hold spaces") {
  Findings findings;
  const Judgements expected{{"q 1", {{"d 1", 2}, {"d2", 0}}}, {"q2", {{"d1", -1}}}};
  CHECK(read("query-id\tcorpus-id\tscore\nq 1\td 1\t2\nq 1\td2\t0\nq2\td1\t-1\n", findings).value() == expected);
  CHECK(read("q 1\td 1\t2\nq 1\td2\t0\nq2\td1\t-1", findings).value() == expected);
  CHECK(findings.all().empty());
}

TEST_CASE("the TREC form is read, parted by spaces or tabs") {
  Findings findings;
  const Judgements expected{{"301", {{"FBIS3-1", 1}, {"FBIS3-2", 0}}}};
  CHECK(read("301 0 FBIS3-1 1\n301\t0\tFBIS3-2\t0\n", findings).value() == expected);
  CHECK(read("301  Q0  FBIS3-1   +1  \n301 0 FBIS3-2 0\n", findings).value() == expected);
}

TEST_CASE("a pair judged twice counts once, and is reported with what the second said") {
  Findings findings;
  CHECK(read("q\td\t1\nq\td\t1\nq\td\t2\n", findings).value() == Judgements{{"q", {{"d", 1}}}});
  CHECK(findings.all() == std::vector<Finding>{{FindingKind::kDuplicateJudgement, 1, "test.tsv, line 2"},
                                               {FindingKind::kConflictingJudgement, 1, "test.tsv, line 3"}});
}

TEST_CASE("a byte order mark does not hide the header, nor CR LF the grade") {
  Findings findings;
  CHECK(read("\xef\xbb\xbfquery-id\tcorpus-id\tscore\r\nq\td\t1\r\n", findings).value() ==
        Judgements{{"q", {{"d", 1}}}});
  CHECK(findings.count(FindingKind::kByteOrderMark) == 1);
  CHECK(findings.count(FindingKind::kCarriageReturn) == 2);
}

TEST_CASE("what is no judgement is refused with its line") {
  for (std::string_view bad : {"q\td\n", "q d 1\n", "q\td\tone\n", "q\td\t0.5\n", "\td\t1\n", "q\t\t1\n",
                               "q 0 d 1 1\n", "q\td\t99999999999\n", "query-id\tcorpus-id\tscore\nq\td\t\n"}) {
    Findings findings;
    CAPTURE(bad);
    auto result = read(bad, findings);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == ErrorCode::kBadInput);
    CHECK(result.error().message.starts_with("test.tsv, line "));
  }
}

}  // namespace
}  // namespace grounds
