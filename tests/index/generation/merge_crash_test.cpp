// Merging, pruning and clearing under any failed call and any power loss: what the retained generations show
// never changes, and the next maintenance completes the work.
#include <array>
#include <filesystem>
#include <map>
#include <set>

#include "index/generation/retention.h"
#include "tests/index/generation/fixture.h"

namespace grounds::test {
namespace {

const Principal kAdmin{"local", {}, true, true};

Result<std::set<Generation>> second_generation(const Collection&, std::int64_t&) { return std::set<Generation>{2}; }

CommitBatch batch_for(int step, std::int64_t space) {
  CommitBatch batch;
  batch.analyzer = "test";
  batch.versions.push_back(make_version(batch, space, "doc" + std::to_string(step), "text" + std::to_string(step), 2, {"everyone"}));
  batch.versions.push_back(make_version(batch, space, "often", "content" + std::to_string(step), 3, {"everyone"}));
  if (step >= 2) batch.deleted.push_back("doc" + std::to_string(step - 2));
  return batch;
}

// Six generations of which, with two past ones kept and one in use, the first and the third are pruned.
constexpr int kSteps = 6;
const std::set<Generation> kKept = {2, 4, 5, 6};

void make(Fixture& fixture) {
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  change_setting(*workspace, "generations.retain", "2");
  for (int step = 0; step < kSteps; ++step) must(commit(*workspace, collection, batch_for(step, collection.spaces[0].id)));
}

// A copy of one workspace that is made once. Names are random numbers: go on where that one ended.
void prepare(Fixture& fixture) {
  static Fixture original;
  static const bool made = (make(original), true);
  REQUIRE(made);
  std::filesystem::copy(original.directory.path() + "/w", fixture.directory.path() + "/w",
                        std::filesystem::copy_options::recursive);
  std::array<std::byte, 4096> used_by_the_original;
  fixture.random.fill(used_by_the_original);
}

using Contents = std::map<Generation, std::set<std::string>>;

const Contents& expected_contents() {
  static const Contents contents = [] {
    Fixture fixture;
    prepare(fixture);
    auto workspace = must(Workspace::open({fixture.files, fixture.clock, fixture.random}, fixture.directory.path() + "/w"));
    Contents all;
    for (Generation generation : kKept) all[generation] = must(content(*workspace, generation));
    return all;
  }();
  return contents;
}

bool run_maintenance(const Fixture& fixture, const FileSystem& files, RandomSource& random, const std::string& directory) {
  auto workspace = Workspace::open({files, fixture.clock, random}, directory);
  return workspace && maintain(**workspace, "default", second_generation, MergeExtent::kAll);
}

// What is wrong with the workspace at `directory`, before and after it is maintained without faults.
std::string wrong_with(Fixture& fixture, const std::string& directory) {
  auto workspace = Workspace::open({fixture.files, fixture.clock, fixture.random}, directory);
  if (!workspace) return "does not open: " + workspace.error().message;
  auto check = [&]() -> std::string {
    for (const auto& [generation, expected] : expected_contents()) {
      auto found = content(**workspace, generation);
      if (!found) return "generation " + std::to_string(generation) + ": " + found.error().message;
      if (*found != expected) return "generation " + std::to_string(generation) + " shows something else";
    }
    return {};
  };
  if (std::string problem = check(); !problem.empty()) return problem;
  if (auto done = maintain(**workspace, "default", second_generation, MergeExtent::kAll); !done)
    return "cannot be maintained afterwards: " + done.error().message;
  if (std::string problem = check(); !problem.empty()) return "afterwards: " + problem;
  for (Generation generation : {1, 3})
    if (content(**workspace, generation)) return "generation " + std::to_string(generation) + " was not pruned";
  if (must(fixture.files.list(directory + "/segments")).size() != 1) return "more than one segment remains";
  std::size_t named = 0;
  auto catalog = must((*workspace)->catalog());
  Statement statement = must(catalog->prepare("SELECT file FROM packs"));
  for (; must(statement.step()); ++named)
    if (!fixture.files.exists((*workspace)->extract_path(statement.text(0)))) return "a pack is gone";
  if (must(fixture.files.list(directory + "/extracts")).size() != named) return "packs remain that nobody names";
  return {};
}

TEST_CASE("whatever call of a maintenance fails, retained generations stay as they were and the next one completes it") {
  for (int error : {EIO, ENOSPC}) {
    bool reached_end = false;
    for (std::size_t n = 1; !reached_end; n += error == EIO ? 1 : 3) {
      CAPTURE(n);
      CAPTURE(error);
      Fixture fixture;
      prepare(fixture);
      const std::string directory = fixture.directory.path() + "/w";
      auto faults = std::make_shared<FaultyFileSystem>(directory);
      faults->count_only({IoOperation::kOpen, IoOperation::kWrite, IoOperation::kSync, IoOperation::kSyncDirectory,
                          IoOperation::kRename, IoOperation::kTruncate, IoOperation::kRemove, IoOperation::kMap});
      faults->fail_call(n, error);
      FileSystem faulty(faults);
      const bool done = run_maintenance(fixture, faulty, fixture.random, directory);
      reached_end = faults->calls() < n;
      if (reached_end) CHECK(done);
      CHECK(wrong_with(fixture, directory) == "");
    }
  }
}

std::string loss_after_power_failure(std::size_t n, const char* lost_syncs, const char* lost_directory_syncs,
                                     std::uint64_t some_seed, bool& reached_end) {
  Fixture fixture;
  prepare(fixture);
  const std::string directory = fixture.directory.path() + "/w";
  auto faults = std::make_shared<FaultyFileSystem>(directory);
  faults->count_only({IoOperation::kWrite, IoOperation::kSync, IoOperation::kSyncDirectory, IoOperation::kRename,
                      IoOperation::kTruncate, IoOperation::kRemove});
  if (lost_syncs) faults->lose_syncs(lost_syncs);
  if (lost_directory_syncs) faults->lose_directory_syncs(lost_directory_syncs);
  faults->power_off_at(n);
  {
    FileSystem faulty(faults);
    run_maintenance(fixture, faulty, fixture.random, directory);
    reached_end = faults->calls() < n;
  }
  const std::string survived = fixture.directory.path() + "/survived";
  if (some_seed) faults->materialize_some(survived, some_seed);
  else faults->materialize_durable(survived);
  return wrong_with(fixture, survived);
}

TEST_CASE("a power loss at any call of a maintenance changes no retained generation") {
  bool reached_end = false;
  for (std::size_t n = 1; !reached_end; ++n) {
    CAPTURE(n);
    CHECK(loss_after_power_failure(n, nullptr, nullptr, 0, reached_end) == "");
  }
}

TEST_CASE("nor does one that lets some unsynced sectors and names of a maintenance reach the disk") {
  bool reached_end = false;
  for (std::size_t n = 1; !reached_end; n += 2) {
    CAPTURE(n);
    CHECK(loss_after_power_failure(n, nullptr, nullptr, 500 + n, reached_end) == "");
  }
}

// The planted faults: old files are removed right after the transaction, so a lost sync of what replaces
// them, or of the transaction, loses chunks.
TEST_CASE("a skipped sync of a merged segment, a rewritten pack or their folders is found by the power loss test") {
  for (auto [file, folder] : {std::pair{".segment.tmp", (const char*)nullptr}, {"-wal", nullptr},
                              {(const char*)nullptr, "/segments"}, {nullptr, "/extracts"}}) {
    CAPTURE(std::string(file ? file : folder));
    bool found = false, reached_end = false;
    for (std::size_t n = 1; !reached_end && !found; ++n)
      found = !loss_after_power_failure(n, file, folder, 0, reached_end).empty() ||
              !loss_after_power_failure(n, file, folder, 900 + n, reached_end).empty();
    CHECK(found);
  }
}

// Seven commits without faults, then the eighth, which fills the tier: its own transaction and the merge's.
TEST_CASE("a commit whose merge fails stands, and one that fails leaves the last generation") {
  std::set<std::string> before, after;
  {
    Fixture fixture;
    prepare(fixture);
    auto workspace = must(Workspace::open({fixture.files, fixture.clock, fixture.random}, fixture.directory.path() + "/w"));
    Collection collection = must(Catalog(*workspace).find_collection("default"));
    must(commit(*workspace, collection, batch_for(6, collection.spaces[0].id)));
    before = must(content(*workspace, 7));
    must(commit(*workspace, collection, batch_for(7, collection.spaces[0].id)));
    after = must(content(*workspace, 8));
    CHECK(must(fixture.files.list(workspace->directory() + "/segments")).size() == 1);
  }
  for (bool power : {false, true}) {
    bool reached_end = false;
    for (std::size_t n = 1; !reached_end; ++n) {
      CAPTURE(n);
      CAPTURE(power);
      Fixture fixture;
      prepare(fixture);
      std::string directory = fixture.directory.path() + "/w";
      Collection collection;
      {
        auto workspace = must(Workspace::open({fixture.files, fixture.clock, fixture.random}, directory));
        collection = must(Catalog(*workspace).find_collection("default"));
        must(commit(*workspace, collection, batch_for(6, collection.spaces[0].id)));
      }
      auto faults = std::make_shared<FaultyFileSystem>(directory);
      faults->count_only({IoOperation::kOpen, IoOperation::kWrite, IoOperation::kSync, IoOperation::kSyncDirectory,
                          IoOperation::kRename, IoOperation::kTruncate, IoOperation::kRemove});
      if (power) faults->power_off_at(n);
      else faults->fail_call(n, EIO);
      bool acknowledged = false;
      {
        FileSystem faulty(faults);
        auto workspace = Workspace::open({faulty, fixture.clock, fixture.random}, directory);
        acknowledged = workspace && commit(**workspace, collection, batch_for(7, collection.spaces[0].id));
        reached_end = faults->calls() < n;
      }
      if (power) {
        directory = fixture.directory.path() + "/survived";
        faults->materialize_durable(directory);
      }
      auto workspace = must(Workspace::open({fixture.files, fixture.clock, fixture.random}, directory));
      const Generation newest = must(Catalog(*workspace).find_collection("default")).generation;
      CHECK(newest >= (acknowledged ? 8u : 7u));
      CHECK(must(content(*workspace, newest)) == (newest == 8 ? after : before));
      CHECK(must(content(*workspace, 7)) == before);
    }
  }
}

}  // namespace
}  // namespace grounds::test
