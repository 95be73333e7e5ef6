// The removal of files takes none that a commit names, not even one that is on the disk but not yet seen.
#include <atomic>
#include <filesystem>
#include <set>

#include "index/generation/garbage.h"
#include "index/generation/merge.h"
#include "tests/index/generation/fixture.h"

namespace grounds::test {
namespace {

namespace fs = std::filesystem;

const Principal kAdmin{"local", {}, true, true};

// A process that dies in the sync of the log: what it has written, commit mark included, is in the file;
// the log's shared index does not know of it.
class DieInLogSync final : public IoObserver {
 public:
  IoDecision before(const IoCall& call) override {
    const bool log_sync = call.operation == IoOperation::kSync && call.path.ends_with("catalog.db-wal");
    if (armed_ && log_sync) dead_ = true;
    const bool changes = call.operation == IoOperation::kWrite || call.operation == IoOperation::kTruncate ||
                         call.operation == IoOperation::kSync || call.operation == IoOperation::kRemove;
    return {.error = dead_ && changes ? EIO : 0};
  }
  void after(const IoCall&, int) override {}
  void arm() { armed_ = true; }
  bool dead() const { return dead_; }

 private:
  std::atomic<bool> armed_{false};
  std::atomic<bool> dead_{false};
};

CommitBatch batch_of(const std::string& uri, std::int64_t space) {
  CommitBatch batch;
  batch.analyzer = "test";
  batch.versions.push_back(make_version(batch, space, uri, "text of " + uri, 2, {"everyone"}));
  return batch;
}

// A workspace that one process has open while another dies in its commit.
struct Killed {
  Fixture fixture;
  std::shared_ptr<Workspace> open = fixture.init();
  Collection collection = Fixture::create(*open);
  std::shared_ptr<DieInLogSync> death = std::make_shared<DieInLogSync>();
  FileSystem dying_files{death};
  std::shared_ptr<Workspace> dying;

  Killed() {
    must(commit(*open, collection, batch_of("first", space())));
    must(commit(*open, collection, batch_of("second", space())));
    dying = must(Workspace::open({dying_files, fixture.clock, fixture.random}, open->directory()));
  }
  std::int64_t space() const { return collection.spaces[0].id; }
  std::size_t files(const std::string& folder) const {
    return must(fixture.files.list(open->directory() + "/" + folder)).size();
  }

  // The workspace as who opens it finds it once all processes have died: all files but the log's index.
  std::shared_ptr<Workspace> reopen(const std::string& name) {
    const std::string copy = fixture.directory.path() + "/" + name;
    fs::copy(open->directory(), copy, fs::copy_options::recursive);
    fs::remove(copy + "/catalog.db-shm");
    return must(Workspace::open({fixture.files, fixture.clock, fixture.random}, copy));
  }
};

TEST_CASE("a commit killed in the sync of the log comes back whole, or its files are removed for good") {
  Killed killed;
  const std::set<std::string> before = must(content(*killed.open));
  killed.death->arm();
  REQUIRE(!commit(*killed.dying, killed.collection, batch_of("third", killed.space())));
  REQUIRE(killed.death->dead());
  REQUIRE(killed.files("segments") == 3);
  CHECK(must(content(*killed.open)) == before);
  // That it comes back is what makes its files needed.
  CHECK(must(content(*killed.reopen("untouched"))).size() == before.size() + 2);

  CHECK(must(collect_garbage(*killed.open)) == 2);
  CHECK(must(content(*killed.open)) == before);
  CHECK(must(content(*killed.reopen("collected"))) == before);
  must(commit(*killed.open, killed.collection, batch_of("third", killed.space())));
  CHECK(must(content(*killed.reopen("continued"))).size() == before.size() + 2);
}

TEST_CASE("a merge killed in the sync of the log takes no segment with it") {
  Killed killed;
  const std::set<std::string> before = must(content(*killed.open));
  killed.death->arm();
  REQUIRE(!merge_collection(*killed.dying, killed.collection.id, MergeExtent::kAll));
  REQUIRE(killed.death->dead());
  REQUIRE(killed.files("segments") == 3);

  CHECK(must(collect_garbage(*killed.open)) == 1);
  CHECK(must(content(*killed.reopen("collected"))) == before);
  CHECK(must(merge_collection(*killed.open, killed.collection.id, MergeExtent::kAll)).merges == 1);
  CHECK(killed.files("segments") == 1);
  CHECK(must(content(*killed.reopen("merged"))) == before);
}

TEST_CASE("nothing is removed if the commit that makes it safe fails") {
  Killed killed;
  must(killed.fixture.files.write_durably(killed.open->segment_path("unnamed.segment"), "x"));
  killed.death->arm();
  CHECK(!collect_garbage(*killed.dying));
  CHECK(killed.death->dead());
  CHECK(killed.files("segments") == 3);
}

}  // namespace
}  // namespace grounds::test
