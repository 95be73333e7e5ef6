// Asking language models, in a workspace of its own: samples, canaries, policy, and what an exception leaves behind.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

#include "answer/asker/record.h"
#include "answer/gate.h"
#include "base/hash.h"
#include "engine/engine.h"
#include "index/generation/commit.h"
#include "tests/answer/fake_model.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/temp_directory.h"

using namespace grounds;
using grounds::test::completion;
using grounds::test::FakeModel;
using grounds::test::FaultyFileSystem;
using grounds::test::TempDirectory;

namespace {

template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return std::move(*result);
}

const std::string kQuestion = "At what height does the kestrel hover over the field?";

// A workspace with one document, and backend "local" as `settings` say.
class Bench {
 public:
  Bench(const FakeModel& model, const std::string& settings, const std::string& answer = "") {
    const std::string path = directory_ / "w";
    Environment environment{files_, clock_, random_};
    must(Workspace::init(environment, path));
    const std::string toml = "[answer]\n" + answer + "[backends.local]\nkind = \"openai\"\nbase_url = \"" + model.url() +
                             "\"\nmodel = \"m\"\nretries = 0\n" + settings;
    REQUIRE(files_.write_durably(path + "/grounds.toml", toml));
    engine_ = must(Engine::open(environment, path, [](const std::string&) { return std::nullopt; }));
    const Collection collection = must(engine_->create_collection("default", "none", {}, "test"));
    CommitBatch batch;
    batch.analyzer = engine_->analyzer().identity();
    batch.actor = "test";
    add(batch, collection, "kestrel.md", "The kestrel hovers over the field at 12 m.");
    add(batch, collection, "owl.md", "The favourite food of the barn owl is the vole.");
    must(commit(engine_->workspace(), collection, std::move(batch)));
  }

  Result<Answer> try_ask(bool fresh = false, const AskObserver& observer = {}, const std::string& question = kQuestion) {
    clock_.advance(1000);
    AskRequest request;
    request.question = question;
    request.backend = "local";
    request.principal = {"u", {kEveryone}, false, false};
    request.fresh = fresh;
    return engine_->asker().ask(request, observer);
  }
  Answer ask(bool fresh = false, const AskObserver& observer = {}, const std::string& question = kQuestion) {
    return must(try_ask(fresh, observer, question));
  }
  RecordedAnswer record(const std::string& id) { return must(engine_->ledger().find(id)); }
  RecordedAnswer newest() { return record(must(engine_->ledger().list(1)).front().answer_id); }
  // The looks at models on record, in order; they are no answers, and not among those listed.
  std::vector<RecordedAnswer> looks() {
    std::vector<RecordedAnswer> looks;
    must(engine_->ledger().export_records({}, [&](std::string_view line) -> Status {
      const Json record = must(parse_json(line));
      if (record.value("kind", "") == "opened" && record["body"].value("event", "") == "canary") looks.push_back(this->record(record["answer_id"]));
      return {};
    }));
    return looks;
  }
  Engine& engine() { return *engine_; }
  FixedClock& clock() { return clock_; }
  FaultyFileSystem& faults() { return *faults_; }

 private:
  void add(CommitBatch& batch, const Collection& collection, const std::string& uri, const std::string& text) {
    CommitVersion version;
    version.uri = version.title = uri;
    version.parser = version.chunking = "test/1";
    version.space = collection.spaces.front().id;
    version.groups = {kEveryone};
    version.source_sha256 = sha256_hex(text);
    version.source_bytes = text.size();
    CommitChunk chunk;
    chunk.end = text.size();
    chunk.id = make_chunk_id(uri, version.source_sha256, "test/1", 0, text.size());
    chunk.terms[static_cast<std::size_t>(Field::kBody)] = engine_->analyzer().analyze(text);
    version.chunks.push_back(std::move(chunk));
    version.extract_sha256 = batch.extracts.add(text);
    version.map_sha256 = batch.extracts.add("{}");
    batch.versions.push_back(std::move(version));
  }

  TempDirectory directory_;
  std::shared_ptr<FaultyFileSystem> faults_ = std::make_shared<FaultyFileSystem>(directory_.path());
  FileSystem files_{faults_};
  FixedClock clock_{1'767'225'600'000};
  SeededRandom random_{1};
  std::unique_ptr<Engine> engine_;
};

std::string at_height(int metres) { return "The kestrel hovers over the field at " + std::to_string(metres) + " m. [1]"; }

// Answers in turn, the last one again and again.
FakeModel::Handler in_turn(std::vector<std::string> answers) {
  return [answers = std::move(answers)](int call, const Json& request, httplib::Response& response) {
    const std::string& text = answers[std::min(static_cast<std::size_t>(call), answers.size()) - 1];
    if (!request.value("stream", false)) return response.set_content(completion(text), "application/json");
    const Json first = {{"choices", Json::array({Json{{"delta", {{"content", text}}}, {"finish_reason", "stop"}}})}};
    response.set_content("data: " + first.dump() + "\n\ndata: [DONE]\n\n", "text/event-stream");
  };
}

}  // namespace

TEST_CASE("Of three samples of a numeric answer the majority is recorded, flagged and given again") {
  FakeModel model(in_turn({at_height(77), at_height(12), at_height(12), at_height(99)}));
  Bench bench(model, "temperature = 1.0\n");
  const Answer first = bench.ask();
  CHECK(model.calls() == 3);
  CHECK(first.text.answer == at_height(12));
  CHECK(first.text.verdict == Verdict::kPartly);
  CHECK((first.samples.wanted == 3 && first.samples.taken == 3 && first.samples.agreeing == 2));
  const Json closed = bench.record(first.answer_id).closed->body;
  CHECK(closed["samples"] == Json{{"wanted", 3}, {"taken", 3}, {"agreeing", 2}});
  REQUIRE(closed["attempts"].size() == 3);
  for (int i = 0; i < 3; ++i) CHECK(closed["attempts"][static_cast<std::size_t>(i)]["sample"] == i + 1);
  const Answer again = bench.ask();
  CHECK(again.reused);
  CHECK(again.text.answer == at_height(12));
  CHECK(again.text.verdict == Verdict::kPartly);
  CHECK(again.samples.agreeing == 2);
  CHECK(model.calls() == 3);
}

TEST_CASE("Three samples that agree are one answer, and none is taken of a model that does not sample") {
  FakeModel model(in_turn({at_height(12)}));
  Bench sampling(model, "temperature = \"server\"\n");
  const Answer answer = sampling.ask();
  CHECK(model.calls() == 3);
  CHECK(answer.text.verdict == Verdict::kSupported);
  CHECK((answer.samples.agreeing == 3 && sampling.ask().reused));
  Bench still(model, "temperature = 0\n");
  CHECK(still.ask().samples.taken == 0);
  CHECK(model.calls() == 4);
  Bench off(model, "temperature = 1.0\n", "numeric_samples = 1\n");
  CHECK((off.ask().samples.taken == 0 && off.ask().reused));
  CHECK(model.calls() == 5);
}

TEST_CASE("Three samples that all differ leave the first, and an answer without a number is asked for once") {
  FakeModel model(in_turn({at_height(11), at_height(12), at_height(13), "The kestrel hovers over the field. [1]"}));
  Bench bench(model, "temperature = 1.0\n");
  const Answer answer = bench.ask();
  CHECK(answer.text.answer == at_height(11));
  CHECK((answer.samples.taken == 3 && answer.samples.agreeing == 1));
  CHECK(bench.ask(false, {}, "What does the kestrel do over the field?").samples.taken == 0);
  CHECK(model.calls() == 4);
}

TEST_CASE("Samples that could not all be taken make an answer that is not given again; nor does one asked for afresh") {
  FakeModel model([](int call, const Json&, httplib::Response& response) {
    if (call == 2) response.status = 400;
    else response.set_content(completion(at_height(12)), "application/json");
  });
  Bench bench(model, "temperature = 1.0\n");
  const Answer first = bench.ask();
  CHECK((first.samples.wanted == 3 && first.samples.taken == 1));
  const Answer fresh = bench.ask(true);
  CHECK(fresh.samples.taken == 0);
  CHECK(model.calls() == 3);
  const Answer second = bench.ask();
  CHECK_FALSE(second.reused);
  CHECK(second.samples.taken == 3);
  CHECK(bench.ask().reused_from == second.answer_id);
}

TEST_CASE("A stream of a numeric answer waits for the samples, and shows the answer that is recorded") {
  FakeModel model(in_turn({at_height(77), at_height(12), at_height(12)}));
  Bench bench(model, "temperature = 1.0\n");
  std::string shown;
  const Answer answer = bench.ask(false, {{}, [&](std::string_view piece) { shown += piece; return true; }, {}});
  CHECK(shown == at_height(12));
  CHECK(answer.text.answer == shown);
  CHECK(bench.ask().reused);
}

TEST_CASE("What was streamed before its samples were taken stays the answer, but is not given again when most differ") {
  FakeModel model(in_turn({at_height(77), at_height(12), at_height(12), at_height(12)}));
  Bench bench(model, "temperature = 1.0\n");
  const std::string question = "What is the favourite food of the barn owl?";
  std::string shown;
  const Answer answer = bench.ask(false, {{}, [&](std::string_view piece) { shown += piece; return true; }, {}}, question);
  CHECK(shown == at_height(77));
  CHECK(answer.text.answer == shown);
  CHECK((answer.samples.taken == 3 && answer.samples.agreeing == 1));
  CHECK(answer.text.verdict != Verdict::kSupported);
  CHECK_FALSE(bench.ask(false, {}, question).reused);
}

TEST_CASE("A budget is charged for every sample, and ends them; the fallback then answers, and says why") {
  FakeModel model(in_turn({at_height(12)}));
  Bench bench(model, "temperature = 1.0\nfallback = [\"extractive\"]\nextra_body = {max_tokens = 50}\nbudget = {tokens = 1000000, period = \"total\"}\n");
  const Answer first = bench.ask();
  CHECK(first.samples.taken == 3);
  const Json attempts = bench.record(first.answer_id).closed->body["attempts"];
  const std::int64_t each = attempts[0]["charged"]["tokens"].get<std::int64_t>();
  CHECK((each > 300 && attempts[0]["charged"]["reported"] == false));
  auto& gateway = bench.engine().asker().gateway();
  CHECK(gateway.store().spent("local", "total")->tokens == 3 * each);
  REQUIRE(*gateway.store().reserve("local", "total", {1'000'000 - 3 * each, 0}, nullptr));
  const Answer fallback = bench.ask(true);
  CHECK((fallback.fallback && fallback.backend == "extractive"));
  CHECK(fallback.backend_reason == "local: over_budget");
  CHECK(bench.record(fallback.answer_id).closed->body["attempts"][0]["outcome"] == "over_budget");
  CHECK(model.calls() == 3);
}

TEST_CASE("Behind a budget that is used up all fallbacks are asked in turn, also past one that does not answer") {
  FakeModel model(in_turn({at_height(12)}));
  Bench bench(model, "fallback = [\"dead\", \"extractive\"]\nextra_body = {max_tokens = 50}\nbudget = {tokens = 1, period = \"total\"}\n"
                     "[backends.dead]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\nretries = 0\n");
  const Answer answer = bench.ask();
  CHECK((answer.fallback && answer.backend == "extractive"));
  CHECK(answer.backend_reason == "local: over_budget");
  const Json attempts = bench.record(answer.answer_id).closed->body["attempts"];
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0]["outcome"] == "over_budget");
  CHECK(attempts[1]["outcome"] == "connection");
  CHECK(model.calls() == 0);
}

TEST_CASE("Canaries that are answered otherwise begin an epoch, on record, and no earlier answer is given again") {
  bool changed = false;
  FakeModel model([&](int, const Json& request, httplib::Response& response) {
    const std::string prompt = request["messages"][0]["content"];
    const bool canary = prompt.find("kestrel") == std::string::npos;
    if (canary) CHECK(request["temperature"] == 0);
    response.set_content(completion(canary ? (changed ? "otherwise" : "as ever") : at_height(12)), "application/json");
  });
  Bench bench(model, "canary_interval = \"1h\"\ncanaries = [\"a\", \"b\"]\n");
  const Answer first = bench.ask();
  CHECK(model.calls() == 5);  // two canaries, twice each, and the question
  CHECK(bench.record(first.answer_id).opened.body["epoch"] == 1);
  CHECK(bench.ask().reused);
  bench.clock().advance(3'600'000);
  CHECK(bench.ask().reused);
  CHECK(model.calls() == 7);
  changed = true;
  CHECK(bench.ask().reused);  // not due yet
  bench.clock().advance(3'600'000);
  const Answer after = bench.ask();
  CHECK_FALSE(after.reused);
  CHECK(bench.record(after.answer_id).opened.body["epoch"] == 2);
  CHECK(bench.ask().reused_from == after.answer_id);
  bool reported = false;
  for (const RecordedAnswer& recorded : bench.looks()) {
    if (!recorded.opened.body["drift"].get<bool>()) continue;
    reported = true;
    CHECK(recorded.opened.body["reason"] == "canary 1 is answered otherwise");
    CHECK(recorded.closed->body["attempts"].size() == 6);
    CHECK(recorded.texts.at("attempt/1/response").find("otherwise") != std::string::npos);
  }
  CHECK(reported);
  CHECK(must(bench.engine().ledger().verify()).ok);
}

TEST_CASE("Another model name is a drift; a canary that varies within its epoch, or is not answered, is none") {
  std::string name = "m-1";
  int status = 200, canaries = 0;
  FakeModel model([&](int, const Json&, httplib::Response& response) {
    response.status = status;
    response.set_content(completion("one of " + std::to_string(++canaries % 2), nullptr, name), "application/json");
  });
  Bench bench(model, "canary_interval = \"1h\"\ncanaries = [\"a\"]\n");
  const BackendSettings& settings = bench.engine().configuration().backends.at("local");
  const auto look = [&] {
    bench.clock().advance(3'600'000);
    return must(bench.engine().asker().canaries().look("local", settings));
  };
  CHECK((look().asked && !look().drifted && !look().drifted));
  status = 500;
  const CanaryReport down = look();
  CHECK((!down.asked && !down.drifted && down.epoch == 1 && !down.reason.empty()));
  status = 200, name = "m-2";
  const CanaryReport other = look();
  CHECK((other.drifted && other.epoch == 2 && other.reason == "the server reports model 'm-2'"));
  CHECK(look().epoch == 2);
}

TEST_CASE("Canaries and samples share the time of the question that waits for them, and end when it is cancelled") {
  std::atomic<bool> ended = false;
  FakeModel model([&](int, const Json& request, httplib::Response& response) {
    const std::string prompt = request["messages"][0]["content"];
    const bool canary = prompt.find("kestrel") == std::string::npos;
    while (canary && !ended) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    response.set_content(completion(at_height(12)), "application/json");
  });
  Bench bench(model, "timeout_seconds = 4\ntemperature = 1.0\ncanary_interval = \"1h\"\ncanaries = [\"a\", \"b\"]\n");
  const Answer answer = bench.ask();
  CHECK(answer.text.answer == at_height(12));
  const Json attempts = bench.record(answer.answer_id).closed->body["attempts"];
  REQUIRE(attempts.size() == 3);
  for (const Json& attempt : attempts) CHECK(attempt["allowed_ms"].get<std::int64_t>() <= 2000);
  CHECK(model.calls() == 4);
  // Whoever has gone waits for no canaries; they are asked for the next question.
  bench.clock().advance(3'600'000);
  std::atomic<bool> cancelled = true;
  AskObserver observer;
  observer.cancelled = [&] { return cancelled.load(); };
  (void)bench.try_ask(true, observer);
  BackendStore& store = bench.engine().asker().gateway().store();
  CHECK_FALSE(must(store.watch(model.url(), "m")));
  ended = true;
  cancelled = false;
  REQUIRE(bench.try_ask(true, observer));
  CHECK(must(store.watch(model.url(), "m")));
  // What was sent for canaries is on record, answered or not.
  std::vector<bool> asked;
  for (const RecordedAnswer& recorded : bench.looks()) {
    asked.push_back(recorded.opened.body["asked"].get<bool>());
    CHECK_FALSE(recorded.closed->body["attempts"].empty());
  }
  CHECK(asked == std::vector<bool>{false, false, true});
}

TEST_CASE("The canaries of one model do not wait for those of another") {
  std::atomic<bool> reached = false, ended = false;
  FakeModel slow([&](int, const Json&, httplib::Response& response) {
    reached = true;
    while (!ended) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    response.set_content(completion("as ever"), "application/json");
  });
  FakeModel model(in_turn({"as ever"}));
  Bench bench(model, "canary_interval = \"1h\"\ncanaries = [\"a\"]\n[backends.slow]\nkind = \"openai\"\nbase_url = \"" + slow.url() +
                         "\"\nmodel = \"m\"\ncanary_interval = \"1h\"\ncanaries = [\"a\"]\n");
  const auto& backends = bench.engine().configuration().backends;
  CanaryWatch& canaries = bench.engine().asker().canaries();
  std::thread other([&] { (void)canaries.look("slow", backends.at("slow"), true); });
  while (!reached) std::this_thread::yield();
  const CanaryReport report = must(canaries.look("local", backends.at("local")));
  ended = true;
  other.join();
  CHECK(report.asked);
}

TEST_CASE("Which gate decided is on record whatever the backend, and read back") {
  FakeModel model(in_turn({at_height(12)}));
  Bench bench(model, "");
  for (const std::string& question : {kQuestion, std::string("Who was the first emperor of Rome?")}) {
    const RecordedAnswer recorded = bench.record(bench.ask(false, {}, question).answer_id);
    CHECK(recorded.opened.body["gate"] == kGateVersion);
    CHECK(must(read_inputs(recorded)).gate == kGateVersion);
  }
  CHECK(model.calls() == 1);
}

TEST_CASE("An exception in the middle of an answer closes its record as failed") {
  FakeModel model(in_turn({at_height(12)}));
  Bench bench(model, "");
  AskObserver observer;
  observer.on_evidence = [](const std::string&, const std::vector<EvidenceItem>&) { throw std::runtime_error("a client's own"); };
  auto answer = bench.try_ask(false, observer);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::kInternal);
  const RecordedAnswer recorded = bench.newest();
  REQUIRE(recorded.closed);
  CHECK(recorded.closed->body["status"] == "failed");
  CHECK(recorded.texts.at("error").find("a client's own") != std::string::npos);
  // And whoever asks the same next is not held up.
  CHECK_FALSE(bench.ask().reused);
}

TEST_CASE("By policy only what is borne out is shown: all else is withheld, but on record") {
  for (const auto& [text, withheld] : {std::pair<std::string, bool>{at_height(12), false}, {at_height(77), true},
                                       {"Kestrels are fond of jazz. [1]", true}, {"Not found in the documents.", false},
                                       {"[1]", true}, {"Not found in the documents. It is 77 m. [1]", true}}) {
    INFO(text);
    FakeModel model(in_turn({text}));
    Bench bench(model, "", "policy = \"withhold\"\n");
    std::string shown;
    const Answer answer = bench.ask(false, {{}, [&](std::string_view piece) { shown += piece; return true; }, {}});
    CHECK(answer.withheld == withheld);
    CHECK((answer.text.answer == text) == !withheld);
    CHECK(shown == answer.text.answer);
    if (withheld) CHECK((answer.text.citations.empty() && answer.text.unsupported.empty()));
    const RecordedAnswer recorded = bench.record(answer.answer_id);
    CHECK(Json::parse(recorded.texts.at("response"))["answer"] == text);
    CHECK(recorded.closed->body["checks"]["withheld"] == withheld);
  }
}

TEST_CASE("A withdrawal that cannot be recorded does not take effect") {
  FakeModel model(in_turn({at_height(12)}));
  Bench bench(model, "");
  const Answer first = bench.ask();
  REQUIRE(bench.ask().reused);
  // The ledger's file takes no more; the index would.
  bench.faults().count_only({IoOperation::kWrite});
  bench.faults().reset_count();
  bench.faults().fail_call(1, ENOSPC);
  CHECK_FALSE(bench.engine().asker().withdraw(first.answer_id, "test"));
  bench.faults().clear_plans();
  CHECK(bench.ask().reused);
  CHECK(must(bench.engine().asker().withdraw(first.answer_id, "test")) == first.answer_id);
  CHECK_FALSE(bench.ask().reused);
}
