#include "tests/index/generation/fixture.h"

namespace grounds::test {
namespace {

TEST_CASE("a second init changes nothing") {
  Fixture fixture;
  bool existed = true;
  const std::string directory = fixture.directory.path() + "/w";
  auto first = must(Workspace::init({fixture.files, fixture.clock, fixture.random}, directory, &existed));
  CHECK(!existed);
  Fixture::create(*first);
  auto second = must(Workspace::init({fixture.files, fixture.clock, fixture.random}, directory, &existed));
  CHECK(existed);
  CHECK(second->id() == first->id());
  CHECK(must(Catalog(*second).list_collections()).size() == 1);
}

TEST_CASE("an init that any call interrupts is completed by the next") {
  for (std::size_t n = 1;; ++n) {
    CAPTURE(n);
    Fixture fixture;
    auto faults = std::make_shared<FaultyFileSystem>(fixture.directory.path());
    faults->fail_call(n, EIO);
    FileSystem faulty(faults);
    const std::string directory = fixture.directory.path() + "/w";
    auto broken = Workspace::init({faulty, fixture.clock, fixture.random}, directory);
    if (faults->calls() < n) {
      CHECK(broken);
      break;
    }
    auto workspace = must(Workspace::init({fixture.files, fixture.clock, fixture.random}, directory));
    Fixture::create(*workspace);
  }
}

TEST_CASE("a folder that is no workspace is not found, and one with other files is not taken") {
  Fixture fixture;
  auto missing = Workspace::open({fixture.files, fixture.clock, fixture.random}, fixture.directory.path() + "/none");
  REQUIRE(!missing);
  CHECK(missing.error().code == ErrorCode::kNotFound);
  CHECK(missing.error().hint.find("grounds init") != std::string::npos);
  must(fixture.files.write_durably(fixture.directory.path() + "/letter.txt", "dear all"));
  auto taken = Workspace::init({fixture.files, fixture.clock, fixture.random}, fixture.directory.path());
  REQUIRE(!taken);
  CHECK(taken.error().code == ErrorCode::kUsage);
}

TEST_CASE("a workspace of a later format is refused, saying so") {
  Fixture fixture;
  auto workspace = fixture.init();
  {
    auto catalog = must(workspace->catalog());
    must(catalog->run("UPDATE meta SET value = '99' WHERE key = 'format_version'"));
  }
  auto later = Workspace::open({fixture.files, fixture.clock, fixture.random}, workspace->directory());
  REQUIRE(!later);
  CHECK(later.error().code == ErrorCode::kUsage);
  CHECK(later.error().message.find("later version") != std::string::npos);
}

TEST_CASE("collection names are checked, taken ones refused, deleted ones free again") {
  Fixture fixture;
  auto workspace = fixture.init();
  Catalog catalog(*workspace);
  Collection first = Fixture::create(*workspace, "docs");
  for (const char* bad : {"", "a b", "../x", "-x", "中文"})
    CHECK(!catalog.create_collection(bad, {{0, "*", "none", "{}", 0}}, Settings(), "test"));
  CHECK(!catalog.create_collection("docs", {{0, "*", "none", "{}", 0}}, Settings(), "test"));
  must(catalog.delete_collection("docs", "test"));
  CHECK(catalog.find_collection("docs").error().code == ErrorCode::kNotFound);
  CommitBatch batch;
  batch.versions.push_back(make_version(batch, first.spaces[0].id, "a", "one", 1, {}));
  CHECK(!commit(*workspace, first, std::move(batch)));
  Collection second = Fixture::create(*workspace, "docs");
  CHECK(second.id != first.id);
  CHECK(second.documents == 0);
}

TEST_CASE("settings are versioned, and equal ones make no version") {
  Fixture fixture;
  auto workspace = fixture.init();
  Catalog catalog(*workspace);
  Collection collection = Fixture::create(*workspace);
  Settings settings = collection.settings;
  CHECK(must(catalog.change_settings("default", settings, "test")).settings_version == 1);
  must(settings.set("lexical.b", "0.75"));
  Collection changed = must(catalog.change_settings("default", settings, "test"));
  CHECK(changed.settings_version == 2);
  CHECK(changed.settings == settings);
}

}  // namespace
}  // namespace grounds::test
