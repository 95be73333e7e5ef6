#include "evaluation/evaluated_collection.h"

#include <doctest/doctest.h>

#include <set>

#include "evaluation/query_runner.h"
#include "tests/evaluation/files.h"

namespace grounds {
namespace {

std::string document(const std::string& id, const std::string& title, const std::string& text) {
  return Json{{"_id", id}, {"title", title}, {"text", text}}.dump() + "\n";
}

// A dataset and a workspace. Collections are lexical only: no model is needed.
class Bench {
 public:
  Bench() {
    REQUIRE(Workspace::init(environment_, files_.path() + "/workspace").has_value());
    auto opened = Engine::open(environment_, files_.path() + "/workspace", [](const std::string&) { return std::nullopt; });
    REQUIRE(opened.has_value());
    engine_ = std::move(*opened);
    files_.write("set/queries.jsonl", "{\"_id\": \"q\", \"text\": \"turbine blades\"}\n");
    files_.write("set/qrels/test.tsv", "q\td1\t1\n");
  }

  void corpus(const std::string& lines) { files_.write("set/corpus.jsonl", lines); }
  Dataset dataset() { return read_dataset(files_.system(), {files_.path() + "/set", ""}).value(); }
  EvaluatedCollectionOptions options() { return {"set", kNoModel, {}, "test"}; }
  Result<EvaluatedCollection> prepare(const IngestObserver& observer = {}) {
    return prepare_collection(*engine_, dataset(), options(), observer);
  }
  Ranking ask(std::vector<std::pair<std::string, std::string>> settings = {}) {
    QueryRunOptions options{"set", SearchMode::kLexical, {"local", {kEveryone}, true, true}, std::move(settings)};
    return run_queries(engine_->searcher(), engine_->catalog(), dataset().queries, options).value().run.at("q");
  }
  Engine& engine() { return *engine_; }
  const test::Files& files() const { return files_; }

 private:
  test::Files files_;
  SystemClock clock_;
  SeededRandom random_{1};
  Environment environment_{files_.system(), clock_, random_};
  std::unique_ptr<Engine> engine_;
};

std::vector<std::string> ids_of(const Ranking& ranking) {
  std::vector<std::string> ids;
  for (const ScoredDocument& each : ranking) ids.push_back(each.id);
  return ids;
}

TEST_CASE("the collection is named after the folder, as far as a name may be") {
  CHECK(collection_name_of("data/rgb/beir_zh/") == "beir_zh");
  CHECK(collection_name_of("cranfield") == "cranfield");
  CHECK(collection_name_of("/a/my set (1)") == "my_set__1_");
  CHECK(collection_name_of("..") == "corpus");
  CHECK(collection_name_of("/") == "corpus");
  CHECK(collection_name_of(std::string(100, 'x')).size() == 64);
}

TEST_CASE("a corpus is ingested once, asked, and found again as it is") {
  Bench bench;
  bench.corpus(document("d1", "", "Cracks in turbine blades.") + document("d2", "Pumps", "About pumps.") +
               document("d3", "", "") + document("d1", "", "the same id again") + document("d4", "Turbine", ""));
  EvaluatedCollection first = bench.prepare().value();
  CHECK(first.ingest.added == 3);
  CHECK(first.collection.documents == 3);
  Ranking ranking = bench.ask();
  CHECK(ids_of(ranking) == std::vector<std::string>{"d1", "d4"});
  EvaluatedCollection second = bench.prepare().value();
  CHECK(second.ingest.added + second.ingest.updated == 0);
  CHECK(second.collection.generation == first.collection.generation);
  CHECK(ids_of(bench.ask()) == ids_of(ranking));
}

TEST_CASE("a corpus that has changed is brought up to date before it is scored") {
  Bench bench;
  bench.corpus(document("d1", "", "About pumps.") + document("d2", "", "Turbine blades."));
  REQUIRE(bench.prepare().has_value());
  CHECK(ids_of(bench.ask()) == std::vector<std::string>{"d2"});
  bench.corpus(document("d1", "", "Turbine blades, turbine blades.") + document("d2", "", "About pumps.") +
               document("d3", "", "Nothing."));
  EvaluatedCollection now = bench.prepare().value();
  CHECK(now.ingest.updated == 2);
  CHECK(now.ingest.added == 1);
  CHECK(ids_of(bench.ask()) == std::vector<std::string>{"d1"});
}

TEST_CASE("an interrupted ingest is not scored, and completed by the next call") {
  Bench bench;
  std::string lines;
  for (int i = 0; i < 400; ++i) lines += document("d" + std::to_string(i), "", "Turbine number " + std::to_string(i));
  bench.corpus(lines);
  std::uint64_t seen = 0;
  auto stopped = bench.prepare([&](const IngestProgress& progress) {
    seen = progress.documents_done;
    return seen < 100;
  });
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().code == ErrorCode::kUnavailable);
  CHECK(seen >= 100);
  EvaluatedCollection completed = bench.prepare().value();
  CHECK(completed.collection.documents == 400);
}

TEST_CASE("a collection with documents of somebody else is refused and left alone") {
  Bench bench;
  bench.corpus(document("mine", "", "An own document.") + document("d1", "", "Turbine blades."));
  REQUIRE(bench.prepare().has_value());
  bench.corpus(document("d1", "", "Turbine blades, now longer.") + document("d2", "", "Another one."));
  auto refused = bench.prepare();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kRefused);
  CHECK(refused.error().message == "collection set holds 1 documents that are not in the corpus, such as mine");
  CHECK(bench.engine().catalog().find_collection("set").value().documents == 2);
  CHECK(bench.engine().catalog().find_collection("set").value().generation == 1);
}

TEST_CASE("a setting that cuts documents otherwise needs a collection of its own") {
  Bench bench;
  bench.corpus(document("d1", "", "Turbine blades."));
  REQUIRE(bench.prepare().has_value());
  EvaluatedCollectionOptions options = bench.options();
  options.settings = {{"chunking.target_tokens", "100"}};
  CHECK(prepare_collection(bench.engine(), bench.dataset(), options).error().code == ErrorCode::kUsage);
  options.name = "set100";
  EvaluatedCollection other = prepare_collection(bench.engine(), bench.dataset(), options).value();
  CHECK(other.collection.settings.integer("chunking.target_tokens") == 100);
  options.settings = {{"lexical.k1", "1.5"}};
  options.name = "set";
  CHECK(prepare_collection(bench.engine(), bench.dataset(), options).has_value());
  options.settings = {{"no.such", "1"}};
  CHECK(prepare_collection(bench.engine(), bench.dataset(), options).error().code == ErrorCode::kUsage);
}

TEST_CASE("a document ranks once, by its best chunk, until a hundred documents have come") {
  Bench bench;
  // Five chunks a document, all of which match; the first of the even documents best.
  std::string lines, filler;
  for (int i = 0; i < 180; ++i) filler += " water";
  for (int i = 0; i < 120; ++i) {
    std::string text = i % 2 == 0 ? "Turbine blades, turbine blades, turbine blades." : "Turbine.";
    for (int part = 0; part < 5; ++part) text += "\n\nTurbine" + filler + ".";
    lines += document("d" + std::to_string(i), "", text);
  }
  bench.corpus(lines);
  EvaluatedCollection evaluated = bench.prepare().value();
  REQUIRE(evaluated.collection.chunks >= 4 * 120);
  Ranking ranking = bench.ask();
  CHECK(ranking.size() == kEvaluationDepth);
  std::set<std::string> distinct;
  for (std::size_t i = 0; i < ranking.size(); ++i) {
    distinct.insert(ranking[i].id);
    if (i > 0) CHECK(ranking[i].score < ranking[i - 1].score);
    if (i < 60) CHECK(std::stoi(ranking[i].id.substr(1)) % 2 == 0);
  }
  CHECK(distinct.size() == kEvaluationDepth);
}

TEST_CASE("settings of a run count for this run only") {
  Bench bench;
  bench.corpus(document("d1", "Turbine", "About pumps and other things.") + document("d2", "", "A turbine, a turbine."));
  REQUIRE(bench.prepare().has_value());
  CHECK(ids_of(bench.ask({{"lexical.weight_title", "50"}})).front() == "d1");
  CHECK(ids_of(bench.ask({{"lexical.weight_title", "0"}})) == std::vector<std::string>{"d2"});
  CHECK(ids_of(bench.ask({{"lexical.weight_body", "0"}})) == std::vector<std::string>{"d1"});
}

}  // namespace
}  // namespace grounds
