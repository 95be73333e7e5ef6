#include <doctest/doctest.h>

#include <string>

#include "answer/asker/record.h"
#include "answer/asker/reuse.h"
#include "answer/asker/template_store.h"
#include "answer/asker/verdict.h"
#include "tests/base/temp_directory.h"

using namespace grounds;
using grounds::test::TempDirectory;

namespace {

EvidenceItem evidence(std::string uri, std::string version, std::uint64_t begin, std::uint64_t end) {
  EvidenceItem item;
  item.uri = std::move(uri), item.version = std::move(version), item.begin = begin, item.end = end;
  return item;
}

}  // namespace

TEST_CASE("The verdict is the worse of the backend's and the checks'") {
  using enum Verdict;
  CHECK(worse(kSupported, kSupported) == kSupported);
  CHECK(worse(kSupported, kPartly) == kPartly);
  CHECK(worse(kPartly, kSupported) == kPartly);
  CHECK(worse(kSupported, kUnsupported) == kUnsupported);
  CHECK(worse(kNotFound, kNotFound) == kNotFound);
  CHECK(worse(kSupported, kNotFound) == kNotFound);
  CHECK(worse(kNotFound, kUnsupported) == kUnsupported);
}

TEST_CASE("Every part of what a reuse compares changes the key") {
  const std::vector<EvidenceItem> base{evidence("a", "1", 0, 5), evidence("b", "2", 5, 9)};
  const std::string key = reuse_key("bytes", base, "http://x", "m", "{}");
  CHECK(key == reuse_key("bytes", base, "http://x", "m", "{}"));
  CHECK(key != reuse_key("byte", base, "http://x", "m", "{}"));
  CHECK(key != reuse_key("bytes", base, "http://y", "m", "{}"));
  CHECK(key != reuse_key("bytes", base, "http://x", "n", "{}"));
  CHECK(key != reuse_key("bytes", base, "http://x", "m", "{\"seed\":1}"));
  std::vector<EvidenceItem> other{base[1], base[0]};
  CHECK(key != reuse_key("bytes", other, "http://x", "m", "{}"));
  for (EvidenceItem changed : {evidence("c", "1", 0, 5), evidence("a", "3", 0, 5), evidence("a", "1", 1, 5), evidence("a", "1", 0, 6)}) {
    other = base;
    other[0] = std::move(changed);
    CHECK(key != reuse_key("bytes", other, "http://x", "m", "{}"));
  }
}

TEST_CASE("The oldest answer that is young enough is reused, until it is withdrawn with its equals") {
  TempDirectory folder;
  FileSystem files;
  ReuseIndex index(files, folder.path() + "/answers.db");
  CHECK_FALSE(*index.find("k", 0));
  REQUIRE(index.add("k", "A", 100));
  REQUIRE(index.add("k", "B", 200));
  REQUIRE(index.add("other", "C", 100));
  CHECK(**index.find("k", 0) == "A");
  CHECK(**index.find("k", 100) == "A");
  CHECK(**index.find("k", 101) == "B");
  CHECK_FALSE(*index.find("k", 201));
  ReuseIndex another(files, folder.path() + "/answers.db");
  CHECK(**another.find("k", 0) == "A");
  CHECK(*another.withdraw("B", 300));
  CHECK_FALSE(*index.find("k", 0));
  CHECK_FALSE(*index.withdraw("A", 300));
  CHECK_FALSE(*index.withdraw("nobody", 300));
  CHECK(**index.find("other", 0) == "C");
  REQUIRE(index.add("k", "D", 400));
  CHECK(**index.find("k", 0) == "D");
  // What is withdrawn already says nothing about what came after.
  CHECK_FALSE(*index.withdraw("A", 500));
  CHECK(**index.find("k", 0) == "D");
}

TEST_CASE("Whoever joins a flight gets what the first one landed with") {
  Flights flights;
  bool first = false;
  auto mine = flights.join("k", &first);
  CHECK(first);
  auto theirs = flights.join("k", &first);
  CHECK_FALSE(first);
  CHECK_FALSE(theirs->wait([] { return true; }));
  flights.leave("k");
  mine->land(Error{ErrorCode::kUnavailable, "down", ""});
  CHECK(theirs->wait({}));
  CHECK(theirs->error()->message == "down");
  auto next = flights.join("k", &first);
  CHECK(first);
  next->land({});
}

TEST_CASE("What a record's opened entry holds is read back") {
  AnswerInputs inputs;
  inputs.collection = "c", inputs.collection_id = 3, inputs.generation = 7, inputs.access_generation = 6;
  inputs.principal = {"ann", {"everyone", "hr"}, false, false};
  inputs.clock = {1'700'000'000'000, "Asia/Shanghai"};
  inputs.question = "问题?";
  inputs.messages = {{"user", "a\nb"}, {"assistant", "c"}};
  inputs.query.text = inputs.question;
  inputs.backend = inputs.model.name = "local";
  inputs.model.kind = "openai", inputs.model.endpoint = "http://x/v1", inputs.model.model = "m";
  inputs.model.parameters = {{"temperature", 0.5}, {"seed", 1}};
  inputs.model.timeout_seconds = 9, inputs.model.fallback = {"extractive"};
  inputs.template_id = "short.en@2", inputs.template_text = "{{question}}{{evidence}}";
  inputs.evidence_json = "[]", inputs.prompt = "p";
  inputs.fresh = true, inputs.policy = "withhold", inputs.job = "j", inputs.key = "k";
  EntryContent entry = opened_entry(inputs);
  RecordedAnswer recorded;
  recorded.opened.body = *parse_json(*canonical_json(entry.body));
  recorded.texts = entry.texts;
  for (const auto& text : entry.texts) recorded.opened.commitments[text.first] = "";
  const auto read = read_inputs(recorded);
  REQUIRE_MESSAGE(read, read.error().message);
  CHECK(read->model == inputs.model);
  CHECK(read->messages == inputs.messages);
  CHECK(read->template_text == inputs.template_text);
  CHECK((read->fresh && !read->reuse && read->policy == "withhold" && read->job == "j" && read->key == "k"));
  CHECK(history_text(read->messages) == "user: a b\nassistant: c");
  recorded.texts.erase("history");
  CHECK(read_inputs(recorded).error().code == ErrorCode::kNotFound);
  for (const char* later : {"backend_kind", "turns", "fresh"}) recorded.opened.body.erase(later);
  CHECK(read_inputs(recorded)->model.kind == "extractive");
}

TEST_CASE("Bytes of a response that are no UTF-8 are kept, and the encoding says how") {
  AnswerOutcome outcome;
  outcome.status = "failed", outcome.error = "unavailable", outcome.error_message = "x";
  Attempt& attempt = outcome.attempts.emplace_back();
  attempt.outcome = "malformed", attempt.request = "{}", attempt.response = "\xff\xfe";
  EntryContent entry = closed_entry(outcome);
  CHECK(entry.body["attempts"][0]["request_encoding"] == "utf-8");
  CHECK(entry.body["attempts"][0]["response_encoding"] == "base64");
  CHECK(entry.texts.at("attempt/1/response") == "//4=");
}

TEST_CASE("A diff turns one text into the other") {
  const auto lines = diff_lines("a\nb\nc\n", "a\nx\nc\nd\n");
  CHECK(lines == std::vector<std::string>{"  a", "- b", "+ x", "  c", "+ d"});
  CHECK(diff_lines("a\n", "a\n") == std::vector<std::string>{"  a"});
  CHECK(diff_lines("", "a") == std::vector<std::string>{"+ a"});
}

TEST_CASE("A template's versions are numbered, found and never changed") {
  TempDirectory folder;
  FileSystem files;
  TemplateStore store(files, folder.path() + "/templates");
  CHECK(store.list()->size() == built_in_templates().size());
  CHECK(store.find("", "zh")->id() == "default.zh@1");
  CHECK(store.add("mine", "en", "{{evidence}} {{question}}")->id() == "mine.en@1");
  CHECK(store.add("mine", "en", "{{evidence}} {{question}}?")->id() == "mine.en@2");
  CHECK(store.add("default", "en", "{{evidence}} {{question}}").error().code == ErrorCode::kUsage);
  CHECK(store.find("mine", "en")->version == 2);
  CHECK(store.find("mine@1", "en")->text == "{{evidence}} {{question}}");
  CHECK(store.find("mine.en@1", "zh")->version == 1);
  CHECK(store.find("mine", "zh").error().code == ErrorCode::kNotFound);
  CHECK(store.find("mine@x", "en").error().code == ErrorCode::kUsage);
  for (const char* bad : {"../x", "", "Mine", "1a"}) CHECK(store.add(bad, "en", "{{evidence}}{{question}}").error().code == ErrorCode::kUsage);
  CHECK(store.add("mine", "fr", "{{evidence}}{{question}}").error().code == ErrorCode::kUsage);
  CHECK(store.add("mine", "en", "{{evidence}}{{nothing}}{{question}}").error().code == ErrorCode::kBadInput);
}

TEST_CASE("An answer that is no UTF-8 is recorded with the bytes replaced") {
  const std::string text = answer_to_json({"cut \xe6\x9c", Verdict::kPartly, {}, {"\xff"}});
  const auto json = parse_json(text);
  REQUIRE(json);
  CHECK((*json)["answer"] == "cut \xef\xbf\xbd");
}
