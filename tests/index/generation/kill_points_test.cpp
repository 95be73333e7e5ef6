// kill -9 between every pair of calls that change the disk: each is a kill point with a name, and each is hit. What
// was acknowledged is there, what is there is a whole generation, and going on completes the work.
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <set>
#include <vector>

#include "index/generation/garbage.h"
#include "index/generation/graphs.h"
#include "index/generation/retention.h"
#include "tests/index/generation/fixture.h"

namespace grounds::test {
namespace {

const Principal kAdmin{"local", {}, true, true};

std::string_view name_of(IoOperation operation) {
  switch (operation) {
    case IoOperation::kOpen: return "open";
    case IoOperation::kWrite: return "write";
    case IoOperation::kTruncate: return "truncate";
    case IoOperation::kSync: return "sync";
    case IoOperation::kSyncDirectory: return "sync folder";
    case IoOperation::kRename: return "rename";
    case IoOperation::kRemove: return "remove";
    default: return "";
  }
}

// "write .segment.tmp", "sync catalog.db-wal", "sync folder segments": what a file is, not which one.
std::string kill_point(const IoCall& call) {
  std::string file = std::filesystem::path(std::string(call.path)).filename().string();
  const std::size_t temporary = file.find(".tmp");
  const bool is_temporary = temporary != std::string::npos;
  if (is_temporary) file.resize(temporary);
  for (const char* kind : {".segment.graph", ".segment", ".pack"})
    if (file.ends_with(kind)) {
      file = kind;
      break;
    }
  return std::string(name_of(call.operation)) + " " + file + (is_temporary ? ".tmp" : "");
}

// Counts the calls that change the disk, and ends the process right before the n-th, as kill -9 does.
class KillPoints final : public IoObserver {
 public:
  explicit KillPoints(std::size_t kill_at) : kill_at_(kill_at) {}
  IoDecision before(const IoCall& call) override {
    if (name_of(call.operation).empty() || (call.operation == IoOperation::kOpen && call.mode == OpenMode::kRead)) return {};
    names_.push_back(kill_point(call));
    if (names_.size() == kill_at_) ::raise(SIGKILL);
    return {};
  }
  void after(const IoCall&, int) override {}
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::size_t kill_at_;
  std::vector<std::string> names_;
};

CommitBatch batch_for(int step, std::int64_t space) {
  CommitBatch batch;
  batch.analyzer = "test";
  batch.versions.push_back(make_version(batch, space, "doc" + std::to_string(step), "text" + std::to_string(step), 3, {"everyone"}));
  batch.versions.push_back(make_version(batch, space, "often", "content" + std::to_string(step), 2, {"everyone"}));
  if (step > 0) batch.deleted.push_back("doc" + std::to_string(step - 1));
  return batch;
}

// What is done, step by step; each is acknowledged when it returns. Steps 0 and 1 commit, 2 merges, prunes, compacts
// and makes a graph, 3 commits again.
constexpr int kSteps = 4;
constexpr Generation kGenerationAfter[kSteps] = {2, 3, 3, 4};  // one was there before

Status do_step(Workspace& workspace, int step) {
  GROUNDS_ASSIGN_OR_RETURN(const Collection collection, Catalog(workspace).find_collection("default"));
  if (step != 2) return commit(workspace, collection, batch_for(step == 3 ? 3 : step + 1, collection.spaces[0].id)).map([](auto) {});
  const auto nothing_used = [](const Collection&, std::int64_t&) { return Result<std::set<Generation>>(std::set<Generation>{}); };
  return maintain(workspace, "default", nothing_used, MergeExtent::kAll).map([](auto) {});
}

void prepare(Fixture& fixture) {
  auto workspace = fixture.init();
  Fixture::create(*workspace);
  for (const auto& [key, value] : {std::pair{"generations.retain", "0"}, {"index.mode", "approximate"}, {"index.scan_below", "1"}})
    change_setting(*workspace, key, value);
  Collection collection = must(Catalog(*workspace).find_collection("default"));
  must(commit(*workspace, collection, batch_for(0, collection.spaces[0].id)));
}

// As many chunks as the generation says it has.
std::set<std::string> counted_content(Workspace& workspace) {
  std::set<std::string> found = must(content(workspace));
  CHECK(found.size() == must(Catalog(workspace).find_collection("default")).chunks);
  return found;
}

// By generation, what is live after it.
std::vector<std::set<std::string>> expected_contents() {
  Fixture fixture;
  prepare(fixture);
  auto workspace = must(Workspace::open({fixture.files, fixture.clock, fixture.random}, fixture.directory.path() + "/w"));
  std::vector<std::set<std::string>> contents(5);
  contents[1] = counted_content(*workspace);
  for (int step = 0; step < kSteps; ++step) {
    must(do_step(*workspace, step));
    contents[kGenerationAfter[step]] = counted_content(*workspace);
  }
  return contents;
}

// The kill points in order.
std::vector<std::string> all_points() {
  Fixture fixture;
  prepare(fixture);
  auto watched = std::make_shared<KillPoints>(0);
  const FileSystem files(watched);
  auto workspace = must(Workspace::open({files, fixture.clock, fixture.random}, fixture.directory.path() + "/w"));
  for (int step = 0; step < kSteps; ++step) must(do_step(*workspace, step));
  return watched->names();
}

// Does the steps in a process that is killed at its n-th call. How many were acknowledged; -1 if it was not killed.
int acknowledged_when_killed_at(std::size_t n, const std::string& directory) {
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // A clock and names of its own; nothing of the parent's is written to.
    FixedClock clock{1'700'000'100'000};
    SeededRandom random{100 + n};
    const FileSystem files(std::make_shared<KillPoints>(n));
    auto workspace = Workspace::open({files, clock, random}, directory);
    for (int step = 0; workspace && step < kSteps; ++step)
      if (!do_step(**workspace, step) || ::write(pipe_ends[1], "x", 1) != 1) ::_exit(1);
    ::_exit(workspace ? 0 : 1);
  }
  ::close(pipe_ends[1]);
  int acknowledged = 0;
  for (char byte; ::read(pipe_ends[0], &byte, 1) == 1;) ++acknowledged;
  ::close(pipe_ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) {
    CHECK(WTERMSIG(status) == SIGKILL);
    return acknowledged;
  }
  CHECK(WEXITSTATUS(status) == 0);
  return -1;
}

TEST_CASE("killed between any two writes of a commit, a merge, a clearing or a graph, all that was acknowledged is there and no part of more") {
  const auto expected = expected_contents();
  const std::vector<std::string> names = all_points();
  // The order of a write, from its file to its publication, and of a removal: each of its calls is a point.
  const std::set<std::string> all(names.begin(), names.end());
  for (const char* point :
       {"open .segment.tmp", "write .segment.tmp", "sync .segment.tmp", "rename .segment.tmp", "sync folder segments",
        "open .pack.tmp", "write .pack.tmp", "sync .pack.tmp", "rename .pack.tmp", "sync folder extracts",
        "open .segment.graph.tmp", "write .segment.graph.tmp", "sync .segment.graph.tmp", "rename .segment.graph.tmp",
        "write catalog.db-wal", "sync catalog.db-wal", "remove .segment", "remove .pack"}) {
    CAPTURE(std::string(point));
    CHECK(all.contains(point));
  }
  for (std::size_t n = 1; n <= names.size() + 1; ++n) {
    CAPTURE(n);
    const std::string name = n <= names.size() ? names[n - 1] : "the end";
    CAPTURE(name);
    Fixture fixture;
    prepare(fixture);
    const std::string directory = fixture.directory.path() + "/w";
    const int acknowledged = acknowledged_when_killed_at(n, directory);
    if (n > names.size()) {
      CHECK(acknowledged == -1);
      break;
    }
    REQUIRE(acknowledged >= 0);  // the point was hit
    auto workspace = must(Workspace::open({fixture.files, fixture.clock, fixture.random}, directory));
    const Generation least = acknowledged == 0 ? 1 : kGenerationAfter[acknowledged - 1];
    const Generation most = acknowledged == kSteps ? least : kGenerationAfter[acknowledged];
    const Generation found = must(Catalog(*workspace).find_collection("default")).generation;
    CHECK(found >= least);
    CHECK(found <= most);
    CHECK(counted_content(*workspace) == expected[found]);
    // Garbage goes, and the steps that are missing can be done.
    must(collect_garbage(*workspace));
    CHECK(counted_content(*workspace) == expected[found]);
    for (int step = 0; step < kSteps; ++step)
      if (step == 2 || kGenerationAfter[step] > found) must(do_step(*workspace, step));
    CHECK(counted_content(*workspace) == expected[4]);
    auto catalog = must(workspace->catalog());
    CHECK(must(list_garbage(*workspace, *catalog)).empty());
  }
}

}  // namespace
}  // namespace grounds::test
