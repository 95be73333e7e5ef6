// The graphs of the approximate mode: made of large segments, used by the next snapshot, gone with their segment.
#include "index/generation/graphs.h"

#include <algorithm>
#include <string>
#include <vector>

#include "index/generation/garbage.h"
#include "index/generation/merge.h"
#include "index/generation/stats.h"
#include "tests/index/generation/fixture.h"

namespace grounds::test {
namespace {

const Principal kAdmin{"local", {}, true, true};

// A collection of one large segment and one of two chunks, in approximate mode.
struct Approximate {
  Fixture fixture;
  std::shared_ptr<Workspace> workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  Snapshots snapshots{*workspace};

  Approximate() {
    add("large", 400);
    add("small", 2);
    change_setting(*workspace, "index.mode", "approximate");
    collection = change_setting(*workspace, "index.scan_below", "100");
  }
  void add(const std::string& uri, int chunks) {
    CommitBatch batch;
    batch.analyzer = "test";
    batch.versions.push_back(make_version(batch, collection.spaces[0].id, uri, "text of " + uri, chunks, {"everyone"}));
    must(commit(*workspace, collection, std::move(batch)));
  }
  std::shared_ptr<const Snapshot> snapshot() { return must(snapshots.get("default", kAdmin)); }
  std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const DirectoryEntry& each : must(fixture.files.list(workspace->directory() + "/segments"))) names.push_back(each.name);
    return names;
  }
  std::string graph_path() {
    for (const std::string& name : files())
      if (name.ends_with(".graph")) return workspace->segment_path(name);
    return {};
  }
};

TEST_CASE("a graph is made of each segment that is large enough, once, and the next snapshot has it") {
  Approximate made;
  const auto before = made.snapshot();
  CHECK(before->graph_hashes().empty());
  CHECK(must(build_graphs(*made.workspace, made.collection)).built == 1);
  CHECK(before->graph_hashes().empty());
  const auto after = made.snapshot();
  REQUIRE(after->graphs.size() == 2);
  REQUIRE(after->graph_hashes().size() == 1);
  for (std::size_t v = 0; v < after->views.size(); ++v) {
    CHECK((after->graphs[v] != nullptr) == (after->views[v].segment->size() == 400));
    if (after->graphs[v]) CHECK(after->graphs[v]->segment() == after->views[v].segment);
  }
  CHECK(must(build_graphs(*made.workspace, made.collection)).built == 0);
  // Made anew it is the same; another process's snapshots find it as well.
  must(made.fixture.files.remove(made.graph_path()));
  CHECK(must(build_graphs(*made.workspace, made.collection)).built == 1);
  Snapshots others(*made.workspace);
  CHECK(must(others.get("default", kAdmin))->graph_hashes() == after->graph_hashes());
}

TEST_CASE("index statistics tell how much of the exact result the graphs find") {
  Approximate made;
  must(build_graphs(*made.workspace, made.collection));
  auto stats = must(graph_stats(*made.snapshot()));
  REQUIRE(stats.size() == 1);
  const GraphStats& all = stats.begin()->second;
  CHECK(all.graphs == 1);
  CHECK(all.bytes > 0);
  CHECK(all.recall.queries >= 100);
  CHECK(all.recall.mean >= 0.98);
  // Every chunk but one loses its neighbours' company: a walk that keeps ten finds less.
  made.collection = change_setting(*made.workspace, "index.breadth", "10");
  CHECK(must(graph_stats(*made.snapshot())).begin()->second.recall.mean < all.recall.mean);
}

TEST_CASE("a damaged graph is passed over, and made anew") {
  Approximate made;
  must(build_graphs(*made.workspace, made.collection));
  const auto hashes = made.snapshot()->graph_hashes();
  std::string bytes = must(made.fixture.files.read(made.graph_path()));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  must(made.fixture.files.write_durably(made.graph_path(), bytes));
  CHECK(must(Snapshots(*made.workspace).get("default", kAdmin))->graph_hashes().empty());
  CHECK(must(build_graphs(*made.workspace, made.collection)).built == 1);
  CHECK(must(Snapshots(*made.workspace).get("default", kAdmin))->graph_hashes() == hashes);
}

TEST_CASE("graphs go with their segments, with the mode, and when they were not finished") {
  Approximate made;
  must(build_graphs(*made.workspace, made.collection));
  const std::string first = made.graph_path();
  must(made.fixture.files.write_durably(first + ".tmp-0123456789abcdef", "half"));
  CHECK(must(collect_garbage(*made.workspace)) == 1);
  CHECK(made.graph_path() == first);
  must(merge_collection(*made.workspace, made.collection.id, MergeExtent::kAll));
  CHECK(made.files().size() == 1);
  CHECK(made.snapshot()->graph_hashes().empty());
  CHECK(must(build_graphs(*made.workspace, made.collection)).built == 1);
  CHECK(made.snapshot()->graph_hashes().size() == 1);
  made.collection = change_setting(*made.workspace, "index.mode", "exact");
  CHECK(must(build_graphs(*made.workspace, made.collection)).removed == 1);
  CHECK(made.files().size() == 1);
  CHECK(made.snapshot()->graphs.empty());
}

TEST_CASE("a stopped build and one whose segment was merged away leave nothing") {
  Approximate made;
  const auto stopped = build_graphs(*made.workspace, made.collection, [](std::uint32_t) { return false; });
  REQUIRE(!stopped);
  CHECK(stopped.error().code == ErrorCode::kUnavailable);
  CHECK(made.graph_path().empty());
  const auto merged = build_graphs(*made.workspace, made.collection, [&](std::uint32_t) {
    must(merge_collection(*made.workspace, made.collection.id, MergeExtent::kAll));
    return true;
  });
  CHECK(must(Result<GraphReport>(merged)).built == 0);
  CHECK(made.graph_path().empty());
  CHECK(made.files().size() == 1);
}

TEST_CASE("whatever call of the making of a graph fails, the snapshots are whole and the next one makes it") {
  bool reached_end = false;
  for (std::size_t n = 1; !reached_end; ++n) {
    CAPTURE(n);
    Approximate made;
    auto faults = std::make_shared<FaultyFileSystem>(made.workspace->directory());
    faults->fail_call(n, EIO);
    {
      FileSystem faulty(faults);
      auto workspace = Workspace::open({faulty, made.fixture.clock, made.fixture.random}, made.workspace->directory());
      const bool done = workspace && build_graphs(**workspace, made.collection);
      reached_end = faults->calls() < n;
      if (reached_end) CHECK(done);
    }
    const auto snapshot = made.snapshot();
    CHECK(snapshot->views.size() == 2);
    must(build_graphs(*made.workspace, made.collection));
    must(collect_garbage(*made.workspace));
    CHECK(made.snapshot()->graph_hashes().size() == 1);
    CHECK(made.files().size() == 3);
  }
}

}  // namespace
}  // namespace grounds::test
