#include <filesystem>
#include <set>
#include <thread>

#include "index/generation/extract_store.h"
#include "index/generation/merge.h"
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
  CHECK(must(catalog.change_settings("default", [](Settings&) { return Status(); }, "test")).settings_version == 1);
  Collection changed = change_setting(*workspace, "lexical.b", "0.75");
  CHECK(changed.settings_version == 2);
  CHECK(changed.settings.text("lexical.b") == "0.75");
  must(collection.settings.set("lexical.b", "0.75"));
  CHECK(changed.settings == collection.settings);
  CHECK(!catalog.change_settings("default", [](Settings& settings) { return settings.set("lexical.b", "much"); }, "test"));
  CHECK(must(catalog.find_collection("default")).settings_version == 2);
}

TEST_CASE("of two changes of settings at once neither is lost") {
  Fixture fixture;
  auto workspace = fixture.init();
  Fixture::create(*workspace);
  const auto count = [&](const char* key) {
    for (int i = 1; i <= 20; ++i) change_setting(*workspace, key, "0." + std::to_string(100 + i));
  };
  std::thread other(count, "lexical.b");
  count("fusion.dense_weight");
  other.join();
  const Collection collection = must(Catalog(*workspace).find_collection("default"));
  CHECK(collection.settings.text("lexical.b") == "0.12");
  CHECK(collection.settings.text("fusion.dense_weight") == "0.12");
  CHECK(collection.settings_version == 41);
}

// A workspace as version 0.1.0 first wrote it: three generations, no merges, nothing pruned.
TEST_CASE("a workspace of format 1 is migrated when it is opened, and everything in it is found") {
  Fixture fixture;
  const std::string directory = fixture.directory.path() + "/old";
  std::filesystem::copy(GROUNDS_FORMAT_1_WORKSPACE, directory, std::filesystem::copy_options::recursive);
  const Principal admin{"local", {}, true, true};
  for (int opening = 0; opening < 2; ++opening) {
    auto workspace = must(Workspace::open({fixture.files, fixture.clock, fixture.random}, directory));
    Collection collection = must(Catalog(*workspace).find_collection("default"));
    CHECK(collection.generation == 3 + static_cast<Generation>(opening));
    ExtractStore extracts(*workspace);
    std::set<std::string> texts;
    for (const DocumentVersion& version : must(Catalog(*workspace).history(collection, "travel.md", admin)))
      texts.insert(must(extracts.read(version.extract_sha256)));
    REQUIRE(texts.size() == 1);
    CHECK(texts.begin()->find("28 euro") != std::string::npos);
    Snapshots snapshots(*workspace);
    for (auto [generation, live] : {std::pair{1, 2}, {2, 2}, {3, 1}}) {
      CAPTURE(generation);
      auto snapshot = must(snapshots.get("default", admin, static_cast<Generation>(generation)));
      std::uint64_t found = 0;
      for (const SegmentView& view : snapshot->views) {
        must(view.segment->verify());
        found += view.eligible->count();
      }
      CHECK(found == static_cast<std::uint64_t>(live));
    }
    if (opening > 0) continue;
    CHECK(must(merge_collection(*workspace, collection.id, MergeExtent::kAll)).segments_taken == 2);
    CommitBatch batch;
    batch.deleted = {"travel.md"};
    must(commit(*workspace, collection, std::move(batch)));
  }
}

TEST_CASE("a migration that any call interrupts leaves the old format or the new one") {
  for (bool power : {false, true}) {
    bool reached_end = false;
    for (std::size_t n = 1; !reached_end; ++n) {
      CAPTURE(n);
      CAPTURE(power);
      Fixture fixture;
      std::string directory = fixture.directory.path() + "/old";
      std::filesystem::copy(GROUNDS_FORMAT_1_WORKSPACE, directory, std::filesystem::copy_options::recursive);
      auto faults = std::make_shared<FaultyFileSystem>(directory);
      if (power) faults->power_off_at(n);
      else faults->fail_call(n, EIO);
      {
        FileSystem faulty(faults);
        auto opened = Workspace::open({faulty, fixture.clock, fixture.random}, directory);
        reached_end = faults->calls() < n;
        if (reached_end) CHECK(opened);
      }
      if (power) {
        directory = fixture.directory.path() + "/survived";
        faults->materialize_durable(directory);
      }
      auto workspace = must(Workspace::open({fixture.files, fixture.clock, fixture.random}, directory));
      CHECK(must(Catalog(*workspace).find_collection("default")).generation == 3);
    }
  }
}

}  // namespace
}  // namespace grounds::test
