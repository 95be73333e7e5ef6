// Erasing a document: nothing of it remains, nothing else changes, whatever call fails and whenever the power goes.
#include "index/generation/erase.h"

#include <array>
#include <filesystem>
#include <map>
#include <set>

#include "base/write_ahead_log.h"
#include "index/generation/garbage.h"
#include "index/generation/retention.h"
#include "tests/index/generation/fixture.h"

namespace grounds::test {
namespace {

const Principal kAdmin{"local", {}, true, true};
constexpr int kSteps = 6;
// Stands in the text and as a term of the document "secret" alone.
constexpr std::string_view kSecret = "zq4711secret";

using Contents = std::map<Generation, std::set<std::string>>;

Result<Contents> contents(Workspace& workspace, Generation last) {
  Contents all;
  for (Generation generation = 1; generation <= last; ++generation) {
    GROUNDS_ASSIGN_OR_RETURN(all[generation], content(workspace, generation));
  }
  return all;
}

Contents without_secret(Contents all) {
  for (auto& [generation, chunks] : all) std::erase_if(chunks, [](const std::string& line) { return line.starts_with("secret:"); });
  return all;
}

void make(Fixture& fixture) {
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  for (int step = 0; step < kSteps; ++step) {
    CommitBatch batch;
    batch.analyzer = "test";
    const std::int64_t space = collection.spaces[0].id;
    batch.versions.push_back(make_version(batch, space, "doc" + std::to_string(step), "text" + std::to_string(step), 2, {"everyone"}));
    if (step == 1 || step == 3)
      batch.versions.push_back(make_version(batch, space, "secret", std::string(kSecret) + std::to_string(step), 3, {"everyone"}));
    if (step == 2) batch.deleted.push_back("doc0");
    must(commit(*workspace, collection, std::move(batch)));
  }
  must(merge_collection(*workspace, collection.id, MergeExtent::kTiers));
}

// A copy of one workspace that is made once. Names are random numbers: go on where that one ended.
std::string prepare(Fixture& fixture) {
  static Fixture original;
  static const bool made = (make(original), true);
  REQUIRE(made);
  const std::string directory = fixture.directory.path() + "/w";
  std::filesystem::copy(original.directory.path() + "/w", directory, std::filesystem::copy_options::recursive);
  std::array<std::byte, 4096> used_by_the_original;
  fixture.random.fill(used_by_the_original);
  return directory;
}

std::shared_ptr<Workspace> open(Fixture& fixture, const std::string& directory) {
  return must(Workspace::open({fixture.files, fixture.clock, fixture.random}, directory));
}

// What the engine does of an erasure outside of the ledger.
Status erase(Workspace& workspace) {
  GROUNDS_ASSIGN_OR_RETURN(Collection collection, Catalog(workspace).find_collection("default"));
  GROUNDS_ASSIGN_OR_RETURN(Erasure erasure, begin_erasure(workspace, collection, "secret", "test"));
  CommitBatch batch;
  batch.analyzer = "test";
  batch.deleted.push_back("secret");
  GROUNDS_RETURN_IF_ERROR(commit(workspace, collection, std::move(batch)));
  GROUNDS_RETURN_IF_ERROR(destroy_document(workspace, erasure));
  GROUNDS_RETURN_IF_ERROR(compact_packs(workspace, 0));
  GROUNDS_RETURN_IF_ERROR(collect_garbage(workspace, WhilePaused::kWait));
  for (const char* folder : {"/segments", "/extracts"})
    GROUNDS_RETURN_IF_ERROR(workspace.file_system().sync_directory(workspace.directory() + folder));
  {
    GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
    GROUNDS_RETURN_IF_ERROR(catalog->execute("VACUUM"));
  }
  GROUNDS_ASSIGN_OR_RETURN(bool emptied, empty_log(workspace.file_system(), workspace.catalog_path()));
  erasure.finished = emptied;
  return save_erasure(workspace, erasure);
}

// The files that hold the secret, packs also in what they decompress to.
std::string files_with_secret(const FileSystem& files, const std::string& directory) {
  std::string found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = entry.path().string();
    std::string bytes = must(files.read(path));
    if (path.ends_with(".pack")) {
      auto pack = must(ExtractPack::open(files, path));
      for (std::uint32_t i = 0; i < pack->frames(); ++i) bytes += must(pack->frame(i));
    }
    if (bytes.find(kSecret) != std::string::npos) found += path + " ";
  }
  return found;
}

TEST_CASE("an erased document is in no generation and no file, and all else is as it was") {
  Fixture fixture;
  const std::string directory = prepare(fixture);
  auto workspace = open(fixture, directory);
  const Contents before = must(contents(*workspace, kSteps));
  REQUIRE(before.at(4).size() > without_secret(before).at(4).size());
  REQUIRE(files_with_secret(fixture.files, directory) != "");
  must(erase(*workspace));
  CHECK(files_with_secret(fixture.files, directory) == "");
  CHECK(must(contents(*workspace, kSteps)) == without_secret(before));
  // The deletion is a generation of its own; an erasure makes none.
  CHECK(must(Catalog(*workspace).find_collection("default")).generation == kSteps + 1);
  auto catalog = must(workspace->catalog());
  CHECK(must(unfinished_erasures(*catalog)).empty());
  for (Generation generation : {2, 3, 4, 6}) CHECK(must(erased_since(*catalog, 1, generation, 0)));
  CHECK_FALSE(must(erased_since(*catalog, 1, 1, 0)));           // it was not there yet
  CHECK_FALSE(must(erased_since(*catalog, 1, kSteps + 1, 0)));  // nor any more
  CHECK_FALSE(must(erased_since(*catalog, 1, 4, fixture.clock.now() + 1)));
}

TEST_CASE("what was recorded while an erasure ran is from before the destruction, not from after its beginning") {
  Fixture fixture;
  const std::string directory = prepare(fixture);
  auto workspace = open(fixture, directory);
  const Collection collection = must(Catalog(*workspace).find_collection("default"));
  Erasure erasure = must(begin_erasure(*workspace, collection, "secret", "test"));
  fixture.clock.advance(1000);
  const UnixMillis recorded = fixture.clock.now();
  fixture.clock.advance(1000);
  const auto erased = [&](UnixMillis time) { return must(erased_since(*must(workspace->catalog()), collection.id, 4, time)); };
  CHECK_FALSE(erased(recorded));  // nothing is destroyed yet
  CommitBatch batch;
  batch.analyzer = "test";
  batch.deleted.push_back("secret");
  must(commit(*workspace, collection, std::move(batch)));
  must(destroy_document(*workspace, erasure));
  CHECK(erased(recorded));
  CHECK(erased(fixture.clock.now()));
  CHECK_FALSE(erased(fixture.clock.now() + 1));
}

TEST_CASE("the receipt counts what was destroyed, and what is gone cannot be erased again") {
  Fixture fixture;
  const std::string directory = prepare(fixture);
  auto workspace = open(fixture, directory);
  const Collection collection = must(Catalog(*workspace).find_collection("default"));
  Erasure erasure = must(begin_erasure(*workspace, collection, "secret", "test"));
  CHECK(destroy_document(*workspace, erasure).error().code == ErrorCode::kUnavailable);  // it is live
  CHECK(erasure.versions == 0);
  CommitBatch batch;
  batch.analyzer = "test";
  batch.deleted.push_back("secret");
  must(commit(*workspace, collection, std::move(batch)));
  must(destroy_document(*workspace, erasure));
  CHECK(erasure.versions == 2);
  CHECK(erasure.chunks == 6);
  CHECK(erasure.segments_rewritten >= 1);
  // It is not finished: whoever begins again goes on with the same one.
  CHECK(must(begin_erasure(*workspace, collection, "secret", "other")).id == erasure.id);
  erasure.finished = true;
  must(save_erasure(*workspace, erasure));
  // Whether there is anything of it elsewhere is for the caller to find.
  for (const char* uri : {"secret", "never"}) {
    Erasure empty = must(begin_erasure(*workspace, collection, uri, "test"));
    CHECK(empty.id != erasure.id);
    CHECK(empty.live_in.empty());
    CHECK(empty.first_ingested == 0);
    must(destroy_document(*workspace, empty));
    CHECK(empty.versions == 0);
    must(discard_erasure(*workspace, empty));
  }
  CHECK(must(unfinished_erasures(*must(workspace->catalog()))).empty());
}

TEST_CASE("content that another document shares stays until its last reference is erased") {
  Fixture fixture;
  const std::string directory = prepare(fixture);
  auto workspace = open(fixture, directory);
  const Collection collection = must(Catalog(*workspace).find_collection("default"));
  CommitBatch batch;
  batch.analyzer = "test";
  const std::string shared = std::string(kSecret) + "3";  // what the newest version of "secret" says
  batch.versions.push_back(make_version(batch, collection.spaces[0].id, "twin", shared, 3, {"everyone"}));
  const std::string hash = batch.versions.front().extract_sha256;
  must(commit(*workspace, collection, std::move(batch)));
  const Contents before = must(contents(*workspace, kSteps + 1));
  Erasure probe = must(begin_erasure(*workspace, collection, "secret", "test"));
  const auto own = must(own_extracts(*workspace, probe));
  CHECK(std::ranges::find(own, hash) == own.end());
  CHECK(own.size() == 1);  // the first version's
  must(erase(*workspace));
  CHECK(must(contents(*workspace, kSteps + 1)) == without_secret(before));
  CHECK(must(ExtractStore(*workspace).read(hash)).find(shared) != std::string::npos);
}

TEST_CASE("names from before a rename are those of a document, and others with its content are told apart") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  const auto step = [&](const std::vector<std::pair<std::string, std::string>>& versions, const std::vector<std::string>& deleted) {
    CommitBatch batch;
    batch.analyzer = "test";
    for (const auto& [uri, text] : versions)
      batch.versions.push_back(make_version(batch, collection.spaces[0].id, uri, text, 1, {"everyone"}));
    batch.deleted = deleted;
    must(commit(*workspace, collection, std::move(batch)));
  };
  step({{"first", "one"}, {"copy", "two"}, {"gone", "three"}, {"mixed", "three"}, {"other", "four"}}, {});
  step({{"first", "two"}, {"mixed", "five"}}, {});
  step({{"second", "two"}}, {"first"});                   // renamed
  step({{"third", "two"}}, {"second"});                   // and again
  step({{"third", "three"}}, {"gone", "mixed"});          // these had what it has now
  const Erasure erasure = must(begin_erasure(*workspace, collection, "third", "test"));
  auto names = erasure.earlier_names;
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"first", "gone", "second"});
  CHECK(erasure.same_content == std::vector<std::pair<std::string, std::string>>{{"default", "copy"}, {"default", "mixed"}});
  // Going on with it, it still knows.
  CHECK(must(begin_erasure(*workspace, collection, "third", "test")).earlier_names == erasure.earlier_names);
}

// What is wrong after an erasure that was broken off, and after it was done again.
std::string wrong_with(Fixture& fixture, const std::string& directory, const Contents& expected) {
  auto opened = Workspace::open({fixture.files, fixture.clock, fixture.random}, directory);
  if (!opened) return "does not open: " + opened.error().message;
  auto halfway = contents(**opened, kSteps);
  if (!halfway) return "cannot be read: " + halfway.error().message;
  if (without_secret(*halfway) != expected) return "other documents changed";
  if (auto again = erase(**opened); !again && again.error().code != ErrorCode::kNotFound)
    return "cannot be erased again: " + again.error().message;
  auto now = contents(**opened, kSteps);
  if (!now) return "afterwards: " + now.error().message;
  if (*now != expected) return "afterwards something else is shown";
  if (std::string files = files_with_secret(fixture.files, directory); !files.empty()) return "the secret is in " + files;
  return {};
}

Contents expected_contents() {
  Fixture fixture;
  const std::string directory = prepare(fixture);
  return without_secret(must(contents(*open(fixture, directory), kSteps)));
}

TEST_CASE("whatever call of an erasure fails, other documents stay as they were and doing it again completes it") {
  const Contents expected = expected_contents();
  bool reached_end = false;
  for (std::size_t n = 1; !reached_end; ++n) {
    CAPTURE(n);
    Fixture fixture;
    const std::string directory = prepare(fixture);
    auto faults = std::make_shared<FaultyFileSystem>(directory);
    faults->count_only({IoOperation::kOpen, IoOperation::kWrite, IoOperation::kSync, IoOperation::kSyncDirectory,
                        IoOperation::kRename, IoOperation::kTruncate, IoOperation::kRemove, IoOperation::kMap});
    faults->fail_call(n, EIO);
    {
      FileSystem faulty(faults);
      auto workspace = Workspace::open({faulty, fixture.clock, fixture.random}, directory);
      const bool done = workspace && erase(**workspace);
      reached_end = faults->calls() < n;
      if (reached_end) CHECK(done);
    }
    CHECK(wrong_with(fixture, directory, expected) == "");
  }
}

TEST_CASE("a power loss at any call of an erasure leaves a sound workspace, in which doing it again completes it") {
  const Contents expected = expected_contents();
  for (const bool some : {false, true}) {
    bool reached_end = false;
    for (std::size_t n = 1; !reached_end; n += some ? 2 : 1) {
      CAPTURE(n);
      CAPTURE(some);
      Fixture fixture;
      const std::string directory = prepare(fixture);
      auto faults = std::make_shared<FaultyFileSystem>(directory);
      faults->count_only({IoOperation::kWrite, IoOperation::kSync, IoOperation::kSyncDirectory, IoOperation::kRename,
                          IoOperation::kTruncate, IoOperation::kRemove});
      faults->power_off_at(n);
      {
        FileSystem faulty(faults);
        auto workspace = Workspace::open({faulty, fixture.clock, fixture.random}, directory);
        if (workspace) static_cast<void>(erase(**workspace));
        reached_end = faults->calls() < n;
      }
      const std::string survived = fixture.directory.path() + "/survived";
      if (some) faults->materialize_some(survived, 700 + n);
      else faults->materialize_durable(survived);
      CHECK(wrong_with(fixture, survived, expected) == "");
    }
  }
}

TEST_CASE("backups are on record from before they are made") {
  Fixture fixture;
  auto workspace = fixture.init();
  must(record_backup(*workspace, "/elsewhere/one.tar", "test"));
  fixture.clock.advance(1000);
  must(record_backup(*workspace, "/elsewhere/two.tar", "test"));
  CHECK(must(recorded_backups(*workspace, 0)) == std::vector<std::string>{"/elsewhere/one.tar", "/elsewhere/two.tar"});
  CHECK(must(recorded_backups(*workspace, fixture.clock.now())) == std::vector<std::string>{"/elsewhere/two.tar"});
}

}  // namespace
}  // namespace grounds::test
