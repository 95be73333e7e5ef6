#include "evaluation/page_questions.h"

#include <doctest/doctest.h>

#include "tests/evaluation/files.h"

namespace grounds {
namespace {

constexpr std::string_view kQuestions = "{\"_id\": \"q1\", \"text\": \"first?\"}\n{\"_id\": \"q2\", \"text\": \"second?\"}\n";

Result<std::vector<PageQuestion>> read(std::string_view questions, std::string_view evidence, Findings& findings) {
  test::Files files;
  return read_page_questions(files.system(), files.write("questions.jsonl", questions),
                             files.write("evidence.tsv", evidence), findings);
}

TEST_CASE("evidence is read by the names in its first line, pages counted from 1 or from 0") {
  Findings findings;
  auto from_one = read(kQuestions, "query-id\tdoc_name\tpage\nq2\tB\t3\nq1\tA\t1\nq1\tA\t2\n", findings).value();
  REQUIRE(from_one.size() == 2);
  CHECK(from_one[0].id == "q1");
  CHECK(from_one[0].pages == std::vector<EvidencePage>{{"A", 1}, {"A", 2}});
  CHECK(from_one[1].pages == std::vector<EvidencePage>{{"B", 3}});
  auto from_zero = read(kQuestions, "doc_present\tpage_index0\tquery-id\tdoc_name\n1\t0\tq1\tA\n0\t7\tq2\tB\n", findings).value();
  CHECK(from_zero[0].pages == std::vector<EvidencePage>{{"A", 1}});
  CHECK(from_zero[1].pages == std::vector<EvidencePage>{{"B", 8}});
  CHECK(findings.all().empty());
}

TEST_CASE("what cannot be asked or was said twice is counted and left out") {
  Findings findings;
  auto read_ones = read("\xef\xbb\xbf{\"_id\": \"q1\", \"text\": \"first?\"}\r\n{\"_id\": \"q1\", \"text\": \"again\"}\n\n"
                        "{\"_id\": \"q2\", \"text\": \" \"}\n{\"_id\": \"q3\", \"text\": \"nobody knows\"}\n",
                        "query-id\tdoc_name\tpage\nq1\tA\t1\nq1\tA\t1\nq2\tA\t1\nq9\tA\t1\n", findings)
                       .value();
  REQUIRE(read_ones.size() == 1);
  CHECK(read_ones[0].text == "first?");
  CHECK(read_ones[0].pages.size() == 1);
  for (FindingKind kind : {FindingKind::kByteOrderMark, FindingKind::kCarriageReturn, FindingKind::kBlankLine,
                           FindingKind::kDuplicateQuery, FindingKind::kEmptyQuery, FindingKind::kQueryWithoutJudgements,
                           FindingKind::kDuplicateJudgement, FindingKind::kUnknownQuery}) {
    CAPTURE(finding_name(kind));
    CHECK(findings.count(kind) == 1);
  }
}

TEST_CASE("evidence that cannot be read is refused with its line") {
  for (std::string_view bad :
       {"q1\tA\t1\n", "query-id\tdoc_name\n", "query-id\tdoc_name\tpage\nq1\tA\n", "query-id\tdoc_name\tpage\nq1\tA\t0\n",
        "query-id\tdoc_name\tpage\nq1\tA\tone\n", "query-id\tdoc_name\tpage\nq1\t\t1\n", "query-id\tdoc_name\tpage\n\tA\t1\n",
        "query-id\tdoc_name\tpage_index0\nq1\tA\t-1\n", "query-id\tdoc_name\tpage\nq1\tA\t99999999999\n",
        "query-id\tdoc_name\tpage\nq1\tA\t1\textra\n"}) {
    Findings findings;
    CAPTURE(bad);
    auto result = read(kQuestions, bad, findings);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == ErrorCode::kBadInput);
    CHECK(result.error().message.starts_with("evidence.tsv, line "));
  }
  Findings findings;
  CHECK(read(kQuestions, "", findings).error().code == ErrorCode::kBadInput);
  CHECK(read(kQuestions, "query-id\tdoc_name\tpage\nq7\tA\t1\n", findings).error().code == ErrorCode::kBadInput);
}

TEST_CASE("a document is named by its URI or by its file's name") {
  CHECK(is_document("reports/3M_2022.pdf", "reports/3M_2022.pdf"));
  CHECK(is_document("reports/3M_2022.pdf", "3M_2022.pdf"));
  CHECK(is_document("reports/3M_2022.pdf", "3M_2022"));
  CHECK(is_document("3M_2022", "3M_2022"));
  CHECK_FALSE(is_document("reports/3M_2022.pdf", "3M"));
  CHECK_FALSE(is_document("reports/3M_2022.pdf", "reports"));
  CHECK_FALSE(is_document("a.b.pdf", "a"));
}

TEST_CASE("a result counts if it touches a page of the evidence in its own document") {
  const PageQuestion question{"q", "?", {{"A", 5}, {"B", 2}}};
  const std::vector<FoundPages> results{{"C.pdf", 5, 5}, {"A.pdf", 2, 2}, {"B.pdf", 5, 5}, {"A.pdf", 4, 6}, {"B.pdf", 2, 2}};
  PageResult scored = score_pages(question, results);
  CHECK(scored.document_rank == 2);
  CHECK(scored.page_rank == 4);
  PageResult missed = score_pages(question, std::span(results).first(3));
  CHECK(missed.document_rank == 2);
  CHECK_FALSE(missed.page_rank);
  CHECK_FALSE(score_pages(question, {}).document_rank);
  CHECK_FALSE(score_pages({"q", "?", {{"A", 1}}}, std::vector<FoundPages>{{"A.md", 0, 0}}).page_rank);
}

TEST_CASE("a summary counts questions, not results") {
  const std::vector<PageResult> results{{"a", 1, 1}, {"b", 1, 4}, {"c", 3, {}}, {"d", {}, {}}};
  PageSummary summary = summarise_pages(results);
  CHECK(summary.queries == 4);
  CHECK(summary.pages == 2);
  CHECK(summary.documents == 3);
  CHECK(summary.documents_first == 2);
  CHECK(summary.page_mrr == doctest::Approx((1 + 0.25) / 4));
  CHECK(summary.pages_ci95.low < 0.5);
  CHECK(summary.pages_ci95.high > 0.5);
}

}  // namespace
}  // namespace grounds
