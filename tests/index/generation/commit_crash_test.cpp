// Law 4: a commit is atomic and durable under any failed call and any power loss.
#include <filesystem>
#include <set>

#include "tests/index/generation/fixture.h"

namespace grounds::test {
namespace {

namespace fs = std::filesystem;

const Principal kAdmin{"local", {}, true, true};

CommitBatch batch_for(int step, std::int64_t space) {
  CommitBatch batch;
  batch.analyzer = "test";
  batch.versions.push_back(make_version(batch, space, "doc" + std::to_string(step), "text" + std::to_string(step), 2,
                                        {"everyone"}));
  if (step == 1) batch.versions.push_back(make_version(batch, space, "doc0", "changed", 1, {"everyone"}));
  if (step == 2) batch.deleted.push_back("doc1");
  return batch;
}

// What the newest generation must hold after each number of commits.
std::vector<std::set<std::string>> expected_contents() {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  std::vector<std::set<std::string>> contents{must(content(*workspace))};
  for (int step = 0; step < 3; ++step) {
    must(commit(*workspace, collection, batch_for(step, collection.spaces[0].id)));
    contents.push_back(must(content(*workspace)));
  }
  return contents;
}

struct Run {
  int acknowledged = 0;
};

// Three commits on a disk with planned faults, over a workspace that was made without.
Run run_commits(const FileSystem& files, const std::string& directory, const Clock& clock, RandomSource& random) {
  Run run;
  auto workspace = Workspace::open({files, clock, random}, directory);
  if (!workspace) return run;
  auto collection = Catalog(**workspace).find_collection("default");
  if (!collection) return run;
  for (int step = 0; step < 3; ++step) {
    if (!commit(**workspace, *collection, batch_for(step, collection->spaces[0].id))) return run;
    ++run.acknowledged;
  }
  return run;
}

void prepare(Fixture& fixture) {
  auto workspace = fixture.init();
  Fixture::create(*workspace);
}

int generations(Fixture& fixture, const std::string& directory) {
  auto workspace = must(Workspace::open({fixture.files, fixture.clock, fixture.random}, directory));
  return static_cast<int>(must(Catalog(*workspace).find_collection("default")).generation);
}

TEST_CASE("whatever call fails, the last generation stands and the next commit works") {
  const auto expected = expected_contents();
  for (int error : {EIO, ENOSPC}) {
    bool reached_end = false;
    for (std::size_t n = 1; !reached_end; ++n) {
      CAPTURE(n);
      CAPTURE(error);
      Fixture fixture;
      prepare(fixture);
      const std::string directory = fixture.directory.path() + "/w";
      auto faults = std::make_shared<FaultyFileSystem>(directory);
      faults->count_only({IoOperation::kOpen, IoOperation::kWrite, IoOperation::kSync, IoOperation::kSyncDirectory,
                          IoOperation::kRename, IoOperation::kTruncate});
      faults->fail_call(n, error);
      FileSystem faulty(faults);
      Run run = run_commits(faulty, directory, fixture.clock, fixture.random);
      reached_end = faults->calls() < n;
      if (reached_end) CHECK(run.acknowledged == 3);
      int found = generations(fixture, directory);
      // A commit whose acknowledgement was lost may be there as a whole, never in part.
      CHECK(found >= run.acknowledged);
      CHECK(found <= run.acknowledged + 1);
      auto workspace = must(Workspace::open({fixture.files, fixture.clock, fixture.random}, directory));
      CHECK(must(content(*workspace)) == expected[static_cast<std::size_t>(found)]);
      Collection collection = must(Catalog(*workspace).find_collection("default"));
      for (int step = found; step < 3; ++step)
        must(commit(*workspace, collection, batch_for(step, collection.spaces[0].id)));
      CHECK(must(content(*workspace)) == expected[3]);
    }
  }
}

// Acknowledged commits that a power loss at call `n` took away, or parts that do not fit together.
std::string loss_after_power_failure(std::size_t n, const char* lost_syncs, const char* lost_directory_syncs,
                                     std::uint64_t some_seed, bool& reached_end, const char* lost_renames = nullptr) {
  static const auto expected = expected_contents();
  Fixture fixture;
  prepare(fixture);
  const std::string directory = fixture.directory.path() + "/w";
  auto faults = std::make_shared<FaultyFileSystem>(directory);
  if (lost_syncs) faults->lose_syncs(lost_syncs);
  if (lost_directory_syncs) faults->lose_directory_syncs(lost_directory_syncs);
  if (lost_renames) faults->lose_renames(lost_renames);
  faults->power_off_at(n);
  Run run;
  {
    FileSystem faulty(faults);
    run = run_commits(faulty, directory, fixture.clock, fixture.random);
    reached_end = faults->calls() < n;
  }
  const std::string survived = fixture.directory.path() + "/survived";
  if (some_seed) faults->materialize_some(survived, some_seed);
  else faults->materialize_durable(survived);
  auto workspace = Workspace::open({fixture.files, fixture.clock, fixture.random}, survived);
  if (!workspace) return "the workspace does not open: " + workspace.error().message;
  auto collection = Catalog(**workspace).find_collection("default");
  if (!collection) return "the collection is gone: " + collection.error().message;
  int found = static_cast<int>(collection->generation);
  if (found < run.acknowledged)
    return std::to_string(run.acknowledged) + " commits acknowledged, " + std::to_string(found) + " found";
  Snapshots snapshots(**workspace);
  auto snapshot = snapshots.get("default", kAdmin);
  if (!snapshot) return "no snapshot: " + snapshot.error().message;
  for (const SegmentView& view : (*snapshot)->views)
    if (auto verified = view.segment->verify(); !verified) return verified.error().message;
  ExtractStore extracts(**workspace);
  auto documents = Catalog(**workspace).list_documents(*collection, kAdmin);
  if (!documents) return documents.error().message;
  for (const DocumentVersion& document : *documents)
    if (auto text = extracts.read(document.extract_sha256); !text) return text.error().message;
  if (must(content(**workspace)) != expected[static_cast<std::size_t>(found)]) return "other content than committed";
  return {};
}

TEST_CASE("a power loss at any call takes no acknowledged commit and leaves no part of another") {
  bool reached_end = false;
  for (std::size_t n = 1; !reached_end; ++n) {
    CAPTURE(n);
    CHECK(loss_after_power_failure(n, nullptr, nullptr, 0, reached_end) == "");
  }
}

TEST_CASE("nor does one that lets some unsynced sectors reach the disk") {
  bool reached_end = false;
  for (std::size_t n = 1; !reached_end; n += 3) {
    CAPTURE(n);
    CHECK(loss_after_power_failure(n, nullptr, nullptr, 1000 + n, reached_end) == "");
  }
}

// The planted faults: if one of these syncs were skipped, the tests above would be red.
TEST_CASE("a skipped sync of any file or folder of a commit is found by the power loss test") {
  for (auto [file, folder] : {std::pair{".segment.tmp", (const char*)nullptr}, {"-wal", nullptr},
                              {(const char*)nullptr, "/segments"}, {nullptr, "/extracts"}}) {
    CAPTURE(std::string(file ? file : folder));
    bool found = false, reached_end = false;
    for (std::size_t n = 1; !reached_end && !found; ++n)
      found = !loss_after_power_failure(n, file, folder, 0, reached_end).empty();
    CHECK(found);
  }
}

TEST_CASE("a skipped rename of any file of a commit is found by the power loss test") {
  for (const char* name : {".segment", ".pack"}) {
    CAPTURE(std::string(name));
    bool found = false, reached_end = false;
    for (std::size_t n = 1; !reached_end && !found; ++n)
      found = !loss_after_power_failure(n, nullptr, nullptr, 0, reached_end, name).empty();
    CHECK(found);
  }
}

}  // namespace
}  // namespace grounds::test
