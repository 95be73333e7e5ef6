// Answers given in the course of hundreds of updates, deletions, changes of access and merges, replayed and
// compared at the end.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

#include "base/hash.h"
#include "engine/backup.h"
#include "engine/engine.h"
#include "index/generation/commit.h"
#include "ledger/compare/compare.h"
#include "tests/base/temp_directory.h"

namespace grounds::test {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return std::move(*result);
}

const char* const kWords[] = {"anchor", "bridge", "castle", "desert", "engine", "forest", "garden", "harbor", "island", "jungle"};

// A collection whose documents come, change, go and change hands, by a random source.
class History {
 public:
  explicit History(std::uint64_t seed) : generator_(seed), random_(seed) {
    const std::string path = directory_.path() + "/w";
    Environment environment{files_, clock_, random_};
    must(Workspace::init(environment, path));
    engine_ = must(Engine::open(environment, path, [](const std::string&) { return std::nullopt; }));
    Settings settings;
    REQUIRE(settings.set("generations.retain", "1000"));
    collection_ = must(engine_->create_collection("default", "none", settings, "test"));
  }

  Engine& engine() { return *engine_; }
  FixedClock& clock() { return clock_; }
  Environment environment() { return {files_, clock_, random_}; }
  const std::string& folder() const { return directory_.path(); }
  std::uint64_t below(std::uint64_t n) { return generator_() % n; }

  void step() {
    clock_.advance(60'000);
    CommitBatch batch;
    batch.analyzer = engine_->analyzer().identity();
    batch.actor = "test";
    for (std::uint64_t i = 0, n = 1 + below(3); i < n; ++i) {
      const std::string uri = "d" + std::to_string(below(25)) + ".md";
      if (!touched_.insert(uri).second) continue;
      const bool live = live_.contains(uri);
      if (live && below(5) == 0) {
        batch.deleted.push_back(uri);
        live_.erase(uri);
      } else if (live && below(4) == 0) {
        batch.regrouped[uri] = groups();
      } else {
        batch.versions.push_back(version(batch, uri));
        live_.insert(uri);
      }
    }
    touched_.clear();
    must(commit(engine_->workspace(), collection_, std::move(batch)));
  }

  std::string ask() {
    clock_.advance(1000);
    AskRequest request;
    request.question = std::string("How many units of ") + kWords[below(10)] + " and " + kWords[below(10)] + " were sold?";
    request.principal = below(3) == 0 ? Principal{"local", {kEveryone}, true, true}
                                      : Principal{"u", below(2) == 0 ? std::vector<std::string>{kEveryone} : std::vector<std::string>{kEveryone, "hr"}, false, false};
    return must(engine_->asker().ask(request)).answer_id;
  }

 private:
  std::vector<std::string> groups() {
    const std::vector<std::string> choices[] = {{kEveryone}, {"hr"}, {kEveryone, "hr"}};
    return choices[below(3)];
  }

  CommitVersion version(CommitBatch& batch, const std::string& uri) {
    std::string text;
    CommitVersion version;
    version.uri = version.title = uri;
    version.parser = version.chunking = "test/1";
    version.space = collection_.spaces.front().id;
    version.groups = groups();
    std::vector<std::pair<std::size_t, std::size_t>> spans;
    for (std::uint64_t i = 0, n = 1 + below(3); i < n; ++i) {
      const std::size_t begin = text.size();
      text += std::string("In all ") + std::to_string(below(9000)) + " units of " + kWords[below(10)] + " were sold with " + kWords[below(10)] + ".";
      spans.emplace_back(begin, text.size());
      text += "\n";
    }
    version.source_sha256 = sha256_hex(text);
    version.source_bytes = text.size();
    for (const auto& span : spans) {
      CommitChunk chunk;
      chunk.begin = span.first, chunk.end = span.second;
      chunk.id = make_chunk_id(uri, version.source_sha256, "test/1", chunk.begin, chunk.end);
      chunk.terms[static_cast<std::size_t>(Field::kBody)] = engine_->analyzer().analyze(text.substr(span.first, span.second - span.first));
      version.chunks.push_back(std::move(chunk));
    }
    version.extract_sha256 = batch.extracts.add(text);
    version.map_sha256 = batch.extracts.add("{}");
    return version;
  }

  TempDirectory directory_{TempDirectory::Where::kMemory};
  FixedClock clock_{1'767'225'600'000};
  std::mt19937_64 generator_;
  SeededRandom random_;
  FileSystem files_;
  std::unique_ptr<Engine> engine_;
  Collection collection_;
  std::set<std::string> live_, touched_;
};

Side side_of(Engine& engine, const std::string& id) { return must(read_side(must(engine.ledger().find(id)))); }

TEST_CASE("answers from fifty past generations replay identically after hundreds of changes and merges, and from a backup") {
  const std::uint64_t seed = 20261124;
  INFO("seed " << seed);
  History history(seed);
  std::vector<std::string> ids;
  std::set<std::uint64_t> asked;
  while (asked.size() < 50) asked.insert(10 + history.below(200));
  for (std::uint64_t i = 0; i < 220; ++i) {
    history.step();
    if (asked.contains(i)) ids.push_back(history.ask());
  }
  REQUIRE(ids.size() == 50);
  const auto all_replay = [&](Engine& engine) {
    for (const std::string& id : ids) {
      INFO("answer " << id);
      const ReplayResult result = must(engine.replay(id));
      CHECK(result.retrieval == Sameness::kIdentical);
      CHECK(result.prompt == Sameness::kIdentical);
      CHECK(result.analysis == Sameness::kIdentical);
      CHECK(result.answer == Sameness::kIdentical);
    }
  };
  all_replay(history.engine());
  // The same elsewhere, from a backup.
  const std::string backup = history.folder() + "/backup.tar", elsewhere = history.folder() + "/elsewhere";
  must(back_up(history.engine(), backup, "test"));
  const auto no_variables = [](const std::string&) { return std::nullopt; };
  must(restore(history.environment(), backup, elsewhere, no_variables));
  const auto restored = must(Engine::open(history.environment(), elsewhere, no_variables));
  all_replay(*restored);
  CHECK(must(restored->ledger().verify()).ok);
}

TEST_CASE("of any two answers, the inputs mixed from one give its own prompt, and all of the other's the other's") {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    INFO("seed " << seed);
    History history(seed);
    std::vector<std::string> ids;
    for (int i = 0; i < 60; ++i) {
      history.step();
      if (i >= 20) ids.push_back(history.ask());
    }
    const CompareServices services{history.engine().workspace(), history.engine().extracts(), history.engine().searcher()};
    for (int i = 0; i < 10; ++i) {
      const std::string &id_a = ids[history.below(ids.size())], &id_b = ids[history.below(ids.size())];
      INFO(id_a << " and " << id_b);
      const Comparison result = must(compare_answers(services, side_of(history.engine(), id_a), side_of(history.engine(), id_b), {{}, {"", {}, true, true}}));
      CHECK(result.baseline_a == Sameness::kIdentical);
      CHECK(result.baseline_b == Sameness::kIdentical);
      // Taking everything from the other one gives the other one, so there is always a cause.
      CHECK(result.prompt_causes.empty() == result.same_prompt);
      CHECK((result.answer_cause == "none") == result.same_answer);
      CHECK(result.basis == Basis::kProved);
    }
  }
}

TEST_CASE("where the day alone has changed, the time is the cause") {
  History history(11);
  for (int i = 0; i < 30; ++i) history.step();
  // The clock alone moves between the two answers: a day later nothing else has changed.
  AskRequest request;
  request.question = "How many units of anchor were sold?";
  request.principal = {"u", {kEveryone}, false, false};
  const std::string first = must(history.engine().asker().ask(request)).answer_id;
  history.clock().advance(86'400'000);
  const std::string second = must(history.engine().asker().ask(request)).answer_id;
  const CompareServices services{history.engine().workspace(), history.engine().extracts(), history.engine().searcher()};
  const Comparison result = must(compare_answers(services, side_of(history.engine(), first), side_of(history.engine(), second), {{}, {"", {}, true, true}}));
  CHECK(result.prompt_causes == std::vector<std::vector<std::string>>{{"time"}});
  CHECK(result.prompt_basis == Basis::kProved);
}

}  // namespace
}  // namespace grounds::test
