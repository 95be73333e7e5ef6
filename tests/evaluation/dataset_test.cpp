#include "evaluation/dataset.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "evaluation/corpus_reader.h"
#include "tests/evaluation/files.h"

namespace grounds {
namespace {

constexpr std::string_view kCorpus =
    "{\"_id\": \"d1\", \"title\": \"One\", \"text\": \"first\"}\n"
    "{\"_id\": \"d2\", \"title\": \"\", \"text\": \"second\", \"metadata\": {\"x\": [1]}}\n";
constexpr std::string_view kQueries = "{\"_id\": \"q1\", \"text\": \"which?\"}\n";
constexpr std::string_view kQrels = "query-id\tcorpus-id\tscore\nq1\td1\t1\n";

Result<Dataset> read(const test::Files& files) { return read_dataset(files.system(), {files.path(), ""}); }

std::vector<std::string> query_ids(const Dataset& dataset) {
  std::vector<std::string> ids;
  for (const EvaluationQuery& query : dataset.queries) ids.push_back(query.id);
  return ids;
}

TEST_CASE("a BEIR folder is read") {
  test::Files files;
  files.write("corpus.jsonl", kCorpus);
  files.write("queries.jsonl", kQueries);
  files.write("qrels/test.tsv", kQrels);
  Dataset dataset = read(files).value();
  CHECK(dataset.documents == 2);
  CHECK(dataset.empty_documents == 0);
  CHECK(dataset.judged_pairs == 1);
  CHECK(query_ids(dataset) == std::vector<std::string>{"q1"});
  CHECK(dataset.queries[0].text == "which?");
  CHECK(dataset.judgements == Judgements{{"q1", {{"d1", 1}}}});
  CHECK(dataset.findings.all().empty());
}

TEST_CASE("each missing file is named, and the judgements that there are instead") {
  test::Files files;
  CHECK(read_dataset(files.system(), {files.path() + "/none", ""}).error().code == ErrorCode::kNotFound);
  CHECK(read(files).error().message == files.path() + " has no corpus.jsonl");
  files.write("corpus.jsonl", kCorpus);
  CHECK(read(files).error().message == files.path() + " has no queries.jsonl");
  files.write("queries.jsonl", kQueries);
  auto result = read(files);
  CHECK(result.error().code == ErrorCode::kNotFound);
  CHECK(result.error().message == files.path() + " has no judgements: qrels/test.tsv is missing");
  files.write("qrels/dev.tsv", kQrels);
  CHECK(read(files).error().hint == "qrels/ holds dev.tsv: name one with --qrels");
  CHECK(read_dataset(files.system(), {files.path(), files.path() + "/qrels/dev.tsv"}).has_value());
}

TEST_CASE("everything odd in the input is counted, and the rest is still scored") {
  test::Files files;
  files.write("corpus.jsonl",
              "\xef\xbb\xbf{\"_id\": \"d1\", \"text\": \"first\"}\r\n"
              "{\"_id\": \"d1\", \"text\": \"again\"}\r\n"
              "\r\n"
              "{\"_id\": 2, \"title\": null, \"text\": \"a number for an id\"}\r\n"
              "{\"_id\": \"d3\", \"title\": \" \", \"text\": \"\"}\r\n");
  files.write("queries.jsonl",
              "{\"_id\": \"q1\", \"text\": \"asked\"}\n{\"_id\": \"q1\", \"text\": \"again\"}\n"
              "{\"_id\": \"blank\", \"text\": \" \\t \"}\n{\"_id\": \"unjudged\", \"text\": \"?\"}\n"
              "{\"_id\": \"hopeless\", \"text\": \"nothing is relevant\"}\n");
  files.write("qrels/test.tsv",
              "q1\td1\t1\nq1\tgone\t1\nq1\t2\t1\nblank\td1\t1\nelsewhere\td1\t1\nelsewhere\tgone\t1\nhopeless\td1\t0\n");
  Dataset dataset = read(files).value();
  CHECK(dataset.documents == 3);
  CHECK(dataset.empty_documents == 1);
  CHECK(dataset.findable == std::unordered_set<std::string>{"d1", "2"});
  CHECK(query_ids(dataset) == std::vector<std::string>{"q1", "hopeless"});
  CHECK(dataset.queries[0].text == "asked");
  CHECK(dataset.judgements == Judgements{{"hopeless", {{"d1", 0}}}, {"q1", {{"2", 1}, {"d1", 1}, {"gone", 1}}}});
  CHECK(dataset.findings.all() ==
        std::vector<Finding>{{FindingKind::kByteOrderMark, 1, "corpus.jsonl"},
                             {FindingKind::kCarriageReturn, 5, "corpus.jsonl, line 1"},
                             {FindingKind::kBlankLine, 1, "corpus.jsonl, line 3"},
                             {FindingKind::kDuplicateDocument, 1, "corpus.jsonl, line 2: d1"},
                             {FindingKind::kEmptyDocument, 1, "corpus.jsonl, line 5: d3"},
                             {FindingKind::kDuplicateQuery, 1, "queries.jsonl, line 2: q1"},
                             {FindingKind::kEmptyQuery, 1, "blank"},
                             {FindingKind::kUnknownQuery, 1, "elsewhere"},
                             {FindingKind::kUnknownDocument, 1, "gone, judged for query elsewhere"},
                             {FindingKind::kQueryWithoutJudgements, 1, "unjudged"},
                             {FindingKind::kQueryWithoutRelevant, 1, "hopeless"}});
}

TEST_CASE("every kind of finding has a name and a meaning of its own") {
  std::vector<std::string_view> names;
  for (int kind = 0; kind <= static_cast<int>(FindingKind::kQueryWithoutRelevant); ++kind) {
    CHECK_FALSE(finding_meaning(static_cast<FindingKind>(kind)).empty());
    std::string_view name = finding_name(static_cast<FindingKind>(kind));
    CHECK(std::ranges::find(names, name) == names.end());
    names.push_back(name);
  }
  CHECK(finding_name(FindingKind::kByteOrderMark) == "byte_order_mark");
  CHECK(finding_name(FindingKind::kUnknownDocument) == "unknown_document");
  CHECK(finding_name(FindingKind::kQueryWithoutRelevant) == "query_without_relevant");
}

TEST_CASE("a line that is no document or no query is an error, not a smaller corpus") {
  struct Case { std::string_view corpus, queries, message; };
  for (const Case& each : {
           Case{"{\"_id\": \"d1\", \"text\": \"x\"}\n{broken\n", kQueries, "corpus.jsonl, line 2"},
           Case{"[1]\n", kQueries, "corpus.jsonl, line 1 is not a JSON object"},
           Case{"{\"text\": \"x\"}\n", kQueries, "corpus.jsonl, line 1 has no \"_id\""},
           Case{"{\"_id\": \"\", \"text\": \"x\"}\n", kQueries, "corpus.jsonl, line 1: \"_id\" is empty"},
           Case{"{\"_id\": \"a\\tb\", \"text\": \"x\"}\n", kQueries, "corpus.jsonl, line 1: \"_id\" is empty or holds"},
           Case{"{\"_id\": [1], \"text\": \"x\"}\n", kQueries, "corpus.jsonl, line 1: \"_id\" is not a string"},
           Case{"{\"_id\": \"d1\", \"text\": 5}\n", kQueries, "corpus.jsonl, line 1: \"text\" is not a string"},
           Case{kCorpus, "{\"_id\": \"q1\", \"text\": [\"x\"]}\n", "queries.jsonl, line 1: \"text\" is not a string"},
           Case{kCorpus, "{\"id\": \"q1\"}\n", "queries.jsonl, line 1 has no \"_id\""},
       }) {
    CAPTURE(each.message);
    test::Files files;
    files.write("corpus.jsonl", each.corpus);
    files.write("queries.jsonl", each.queries);
    files.write("qrels/test.tsv", kQrels);
    auto result = read(files);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == ErrorCode::kBadInput);
    CHECK(result.error().message.starts_with(each.message));
  }
}

TEST_CASE("queries and judgements that do not belong together are an error") {
  test::Files files;
  files.write("corpus.jsonl", kCorpus);
  files.write("queries.jsonl", kQueries);
  files.write("qrels/test.tsv", "another\td1\t1\n");
  CHECK(read(files).error().code == ErrorCode::kBadInput);
  files.write("qrels/test.tsv", kQrels);
  files.write("corpus.jsonl", "{\"_id\": \"d1\", \"text\": \"\"}\n");
  CHECK(read(files).error().code == ErrorCode::kBadInput);
}

TEST_CASE("the corpus is given out document by document, each id once") {
  test::Files files;
  Findings findings;
  const std::string path = files.write("corpus.jsonl", std::string(kCorpus) + "{\"_id\": \"d1\", \"text\": \"again\"}\n");
  CorpusReader reader = CorpusReader::open(files.system(), path, findings).value();
  auto first = reader.next().value();
  REQUIRE(first);
  CHECK(first->id == "d1");
  CHECK(first->title == "One");
  CHECK(first->text == "first");
  CHECK(reader.next().value()->id == "d2");
  CHECK_FALSE(reader.next().value());
  CHECK(findings.count(FindingKind::kDuplicateDocument) == 1);
}

}  // namespace
}  // namespace grounds
