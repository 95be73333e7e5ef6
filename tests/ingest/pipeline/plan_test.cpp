#include "ingest/pipeline/plan.h"

#include <doctest/doctest.h>

#include "ingest/pipeline/document.h"

namespace grounds {
namespace {

using Listed = tl::expected<SourceItem, SourceFailure>;

class FakeSource final : public Source {
 public:
  explicit FakeSource(std::vector<Listed> listing) : listing_(std::move(listing)) {}
  std::optional<Listed> next() override {
    if (at_ == listing_.size()) return std::nullopt;
    return listing_[at_++];
  }
  Result<SourceContent> read(const SourceItem&, std::uint64_t) const override { return SourceContent{"bytes", {}}; }

 private:
  std::vector<Listed> listing_;
  std::size_t at_ = 0;
};

constexpr std::int64_t kSecond = 1'000'000'000;

SourceItem item(const std::string& uri, std::uint64_t size = 10, std::int64_t modified = 100 * kSecond) {
  SourceItem item;
  item.uri = item.name = uri;
  item.size = size;
  item.modified_ns = modified;
  return item;
}

Listed failure(const std::string& uri) {
  return tl::unexpected(SourceFailure{uri, {ErrorCode::kUnavailable, "cannot be read", ""}});
}

// A document as item() was when it was ingested at second 200.
DocumentState state(const std::string& uri, std::vector<std::string> groups = {"everyone"}) {
  DocumentState state;
  state.uri = uri;
  state.chunking = document_rules(Settings());
  state.source_bytes = 10;
  state.source_modified = 100 * kSecond;
  state.ingested = 200'000;
  state.groups = std::move(groups);
  return state;
}

DocumentState state_of(const std::string& uri, const std::string& source_sha256) {
  DocumentState state = grounds::state(uri);
  state.source_sha256 = source_sha256;
  return state;
}

IngestOptions make_equal() {
  IngestOptions options;
  options.make_equal = true;
  return options;
}

struct Planned {
  std::vector<std::string> to_read, missing;
  Plan::Passed passed;
  bool source_failed = false;
  std::vector<std::vector<std::string>> groups;
};

Planned plan(std::vector<Listed> listing, std::vector<DocumentState> states, const IngestOptions& options = {},
             const Settings& settings = {}) {
  FakeSource source(std::move(listing));
  Collection collection;
  collection.settings = settings;
  Plan plan(source, std::move(states), collection, options);
  Planned planned;
  while (auto next = plan.next()) {
    planned.to_read.push_back(next->item.uri);
    planned.groups.push_back(next->groups);
  }
  for (const DocumentState* missing : plan.missing()) planned.missing.push_back(missing->uri);
  planned.passed = plan.take_passed();
  planned.source_failed = plan.source_failed();
  return planned;
}

TEST_CASE("a document with the size and time it was ingested with is not read again") {
  Planned planned = plan({item("a"), item("b", 11), item("c", 10, 101 * kSecond), item("new")},
                         {state("a"), state("b"), state("c")});
  CHECK(planned.to_read == std::vector<std::string>{"b", "c", "new"});
  CHECK(planned.passed.unchanged == 1);
  CHECK(planned.passed.listed == 4);
}

TEST_CASE("one that was changed about when it was ingested is read, since its time may not tell") {
  DocumentState fresh = state("a");
  fresh.ingested = 101'000;  // one second after the modification
  CHECK(plan({item("a")}, {fresh}).to_read == std::vector<std::string>{"a"});
}

TEST_CASE("one whose time is not known, or that was cut by other rules, is read") {
  CHECK(plan({item("a", 10, 0)}, {state("a")}).to_read.size() == 1);
  Settings settings;
  REQUIRE(settings.set("chunking.max_tokens", "200"));
  CHECK(plan({item("a")}, {state("a")}, {}, settings).to_read.size() == 1);
}

TEST_CASE("what the source does not have is missing, and what it could not list is not") {
  Planned planned = plan({item("a"), failure("locked/"), failure("broken.md"), failure("odd/.groundsignore")},
                         {state("a"), state("broken.md"), state("gone.md"), state("locked/x"), state("lockedx"),
                          state("odd/deep/y")},
                         make_equal());
  CHECK(planned.missing == std::vector<std::string>{"gone.md", "lockedx"});
  CHECK(planned.passed.failures.size() == 3);
  CHECK(!planned.source_failed);
}

TEST_CASE("where the rules of the whole folder cannot be read, nothing is missing") {
  CHECK(plan({item("a"), failure(".groundsignore")}, {state("a"), state("b")}, make_equal()).missing.empty());
  CHECK(plan({item("a"), failure("else/")}, {state("a"), state("b")}, make_equal()).missing.size() == 1);
}

TEST_CASE("missing documents are known before anything is read, and taken by content, each once") {
  FakeSource source({item("new"), item("c")});
  const Collection collection;
  const IngestOptions options = make_equal();
  Plan plan(source, {state_of("a", "same"), state_of("b", "same"), state_of("c", "same"), state_of("d", "else")},
            collection, options);
  CHECK(!plan.take_renamed("same"));  // not listed yet
  CHECK(plan.next()->item.uri == "new");
  CHECK(plan.take_renamed("same")->uri == "a");
  CHECK(plan.take_renamed("same")->uri == "b");
  CHECK(!plan.take_renamed("same"));  // c is in the source
  CHECK(!plan.take_renamed(""));
  REQUIRE(plan.missing().size() == 1);
  CHECK(plan.missing()[0]->uri == "d");
}

TEST_CASE("who could read a document can read it under its new name, unless that is ruled") {
  const DocumentState secret = state("secret", {"board", "hr"});
  const DocumentState menu = state("menu", {"everyone", "hr"});
  CHECK(groups_after_rename({item("new"), nullptr, {"everyone"}, false}, secret) == secret.groups);
  CHECK(groups_after_rename({item("new"), nullptr, {"everyone"}, true}, secret) == std::vector<std::string>{"everyone"});
  // Moved over another document: only who could read both.
  CHECK(groups_after_rename({item("menu"), &menu, menu.groups, false}, secret) == std::vector<std::string>{"hr"});
}

TEST_CASE("another title or other metadata make a document changed") {
  DocumentState titled = state("a");
  titled.title = "Title";
  titled.metadata = "{\"dept\":\"sales\"}";
  SourceItem same = item("a"), retitled = item("a"), moved = item("a"), bare = item("a");
  same.title = retitled.title = moved.title = "Title";
  same.metadata = retitled.metadata = titled.metadata;
  retitled.title = "Other";
  moved.metadata = "{\"dept\":\"hr\"}";
  CHECK(plan({same}, {titled}).to_read.empty());
  for (const SourceItem& changed : {retitled, moved, bare}) CHECK(plan({changed}, {titled}).to_read.size() == 1);
}

TEST_CASE("a job that only adds takes nothing for renamed") {
  FakeSource source({item("new")});
  const Collection collection;
  const IngestOptions options;
  Plan plan(source, {state_of("a", "same")}, collection, options);
  CHECK(plan.next().has_value());
  CHECK(!plan.take_renamed("same"));
  CHECK(plan.missing().empty());
}

TEST_CASE("a source that gives nothing but failures has failed") {
  CHECK(plan({failure("/some/root")}, {state("a")}).source_failed);
  CHECK(!plan({}, {state("a")}).source_failed);  // an empty folder is a folder
}

TEST_CASE("groups come from the job, else the source, else the rules, else the document, else the default") {
  IngestOptions options;
  options.groups_of = [](const std::string& uri) -> std::optional<std::vector<std::string>> {
    if (uri.starts_with("hr/")) return std::vector<std::string>{"hr"};
    return std::nullopt;
  };
  SourceItem said = item("hr/said");
  said.groups = {"z", "b", "z"};
  Planned planned = plan({item("hr/x"), said, item("kept", 11), item("new")}, {state("kept", {"sales"})}, options);
  CHECK(planned.groups == std::vector<std::vector<std::string>>{{"hr"}, {"b", "z"}, {"sales"}, {"everyone"}});
  options.groups = {{"all"}};
  planned = plan({item("hr/x"), said}, {}, options);
  CHECK(planned.groups == std::vector<std::vector<std::string>>{{"all"}, {"all"}});
}

TEST_CASE("an unchanged document that others may read now is regrouped without being read") {
  IngestOptions options;
  options.groups = {{"hr"}};
  Planned planned = plan({item("a"), item("b")}, {state("a"), state("b", {"hr"})}, options);
  CHECK(planned.to_read.empty());
  CHECK(planned.passed.regrouped == std::map<std::string, std::vector<std::string>>{{"a", {"hr"}}});
}

}  // namespace
}  // namespace grounds
