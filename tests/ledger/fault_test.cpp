// Disks that fail at every call there is: what was acknowledged is there, and the ledger goes on.
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "tests/base/faulty_file_system.h"
#include "support.h"

using namespace grounds;
using namespace grounds::test;

namespace {

struct Acknowledged {
  std::map<std::int64_t, std::string> hashes;        // sequence -> hash
  std::map<std::string, std::size_t> answers;        // id -> entries
  std::mutex mutex;
  void note(const LedgerEntry& entry) {
    const std::lock_guard lock(mutex);
    hashes[entry.sequence] = entry.hash;
    ++answers[entry.answer_id];
  }
};

EntryContent content(int number, const char* name) {
  return {{{"number", number}}, {{name, "text " + std::to_string(number)}}};
}

// A few appends of each kind, with an anchor and an erasure among them. Errors are what the test is about.
void use(Ledger& ledger, Acknowledged& acknowledged) {
  for (int i = 0; i < 2; ++i) {
    const std::string id = ledger.new_answer_id();
    if (const auto both = ledger.append_complete(id, content(i, "question"), content(i, "response"))) {
      acknowledged.note(both->first);
      acknowledged.note(both->second);
    }
    const std::string other = ledger.new_answer_id();
    if (const auto opened = ledger.append_opened(other, content(i, "question"))) {
      acknowledged.note(*opened);
      if (const auto closed = ledger.append_closed(other, content(i, "response"))) acknowledged.note(*closed);
    }
    if (i == 1) static_cast<void>(ledger.anchor());
  }
}

void check_holds(Ledger& ledger, const Acknowledged& acknowledged) {
  const VerifyResult result = must(ledger.verify());
  CHECK(summary(result) == "");
  if (!acknowledged.hashes.empty()) CHECK(result.records >= acknowledged.hashes.rbegin()->first);
  std::map<std::int64_t, std::string> found;
  must(ledger.export_records({}, [&](std::string_view line) -> Status {
    const Json record = Json::parse(line);
    if (record.contains("sequence")) found[record["sequence"]] = record["hash"];
    return {};
  }));
  for (const auto& [sequence, hash] : acknowledged.hashes) CHECK(found[sequence] == hash);
  for (const auto& [id, entries] : acknowledged.answers) {
    const RecordedAnswer answer = must(ledger.find(id));
    CHECK(answer.problems.empty());
    if (entries == 2) CHECK(answer.closed.has_value());
  }
}

}  // namespace

TEST_CASE("after any one call fails, what was acknowledged is there and the same ledger goes on") {
  for (const int error : {ENOSPC, EIO}) {
    std::size_t n = 1;
    for (bool hit = true; hit; ++n) {
      CAPTURE(error);
      CAPTURE(n);
      TempDirectory directory;
      const std::string path = directory / "ledger.db";
      auto faults = std::make_shared<FaultyFileSystem>(directory.path());
      const FileSystem files(faults);
      const FixedClock clock(1'767'225'600'000);
      SeededRandom random(n);
      {  // created before the fault: creation has its own test
        const FileSystem quick(std::make_shared<NoSyncs>());
        must(Ledger::open(quick, path, clock, random));
      }
      Acknowledged acknowledged;
      const auto ledger = must(Ledger::open(files, path, clock, random));
      faults->count_only({IoOperation::kWrite, IoOperation::kSync, IoOperation::kTruncate, IoOperation::kOpen,
                          IoOperation::kRename, IoOperation::kSyncDirectory, IoOperation::kLock});
      faults->reset_count();
      faults->fail_call(n, error);
      use(*ledger, acknowledged);
      hit = faults->calls() >= n;
      faults->clear_plans();
      const std::size_t before = acknowledged.hashes.size();
      use(*ledger, acknowledged);  // no restart
      CHECK(acknowledged.hashes.size() == before + 8);
      check_holds(*ledger, acknowledged);
      if (n > 2000) FAIL("the calls do not come to an end");
    }
    CHECK(n > 20);
  }
}

TEST_CASE("a disk that is full for a while costs the answers of that while, and no more") {
  TempDirectory directory;
  const std::string path = directory / "ledger.db";
  auto faults = std::make_shared<FaultyFileSystem>(directory.path());
  const FileSystem files(faults);
  const SystemClock clock;
  SystemRandom random;
  const auto ledger = must(Ledger::open(files, path, clock, random));
  Acknowledged acknowledged;
  std::atomic<int> refused = 0;
  const auto load = [&](int each) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < each; ++i) {
          const auto both = ledger->append_complete(ledger->new_answer_id(), content(i, "question"), content(i, "response"));
          if (both) {
            acknowledged.note(both->first);
            acknowledged.note(both->second);
          } else {
            ++refused;
            const std::lock_guard lock(acknowledged.mutex);
            CHECK(both.error().code == ErrorCode::kUnavailable);
          }
        }
      });
    for (std::thread& thread : threads) thread.join();
  };
  load(10);
  CHECK(refused == 0);
  faults->reset_count();
  faults->shorten_write(5, 10);  // the first sign of it: a part of a write
  load(10);
  CHECK(refused > 0);
  faults->clear_plans();
  const int before = refused;
  load(10);
  CHECK(refused == before);
  check_holds(*ledger, acknowledged);
}

TEST_CASE("everyone in a commit that fails is told so") {
  TempDirectory directory;
  const std::string path = directory / "ledger.db";
  auto faults = std::make_shared<FaultyFileSystem>(directory.path());
  const FileSystem files(faults);
  const SystemClock clock;
  SystemRandom random;
  const auto ledger = must(Ledger::open(files, path, clock, random));
  Acknowledged acknowledged;
  faults->count_only({IoOperation::kSync});
  int most = 0;
  for (int round = 0; round < 50 && most < 4; ++round) {
    faults->clear_plans();
    must(ledger->append_opened(ledger->new_answer_id(), content(round, "question")));
    std::vector<std::thread> threads;
    std::atomic<int> refused = 0;
    {
      // While another process holds the lock file, callers queue up behind the leader.
      const FileLock other_process = must(FileSystem().lock(path + ".lock"));
      for (int t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
          const auto opened = ledger->append_opened(ledger->new_answer_id(), content(t, "question"));
          if (opened) acknowledged.note(*opened);
          else ++refused;
        });
      std::this_thread::sleep_for(std::chrono::milliseconds(10 + 10 * round));
      faults->reset_count();
      faults->fail_call(1, EIO);
    }
    for (std::thread& thread : threads) thread.join();
    most = std::max(most, refused.load());
  }
  faults->clear_plans();
  CHECK(most >= 4);
  check_holds(*ledger, acknowledged);
}

TEST_CASE("after a power loss at any call, what was acknowledged is there and the chain verifies") {
  std::size_t step = 1;
  std::size_t rounds = 0;
  for (std::size_t n = 1; step != 0; n += step) {
    CAPTURE(n);
    TempDirectory directory;
    TempDirectory found;
    auto faults = std::make_shared<FaultyFileSystem>(directory.path());
    const FileSystem files(faults);
    const FixedClock clock(1'767'225'600'000);
    SeededRandom random(n);
    Acknowledged acknowledged;
    faults->power_off_at(n);
    if (const auto ledger = Ledger::open(files, directory / "ledger.db", clock, random)) use(**ledger, acknowledged);
    if (faults->calls() < n) step = 0;
    for (std::uint64_t seed = 0; seed < 2; ++seed) {  // 0: all that was not synced is lost; else some of it
      CAPTURE(seed);
      const std::string into = found / std::to_string(seed);
      if (seed == 0) faults->materialize_durable(into);
      else faults->materialize_some(into, n * 10 + seed);
      const FileSystem quick(std::make_shared<NoSyncs>());
      // The model of the disk keeps names and bytes, not modes.
      if (quick.exists(into + "/ledger.key")) REQUIRE(::chmod((into + "/ledger.key").c_str(), 0600) == 0);
      const auto after = must(Ledger::open(quick, into + "/ledger.db", clock, random));
      check_holds(*after, acknowledged);
      Acknowledged later;
      later.hashes = acknowledged.hashes;
      later.answers = acknowledged.answers;
      use(*after, later);
      check_holds(*after, later);
    }
    ++rounds;
  }
  CHECK(rounds > 30);
}

TEST_CASE("the power-loss test sees a lost sync of the log") {
  TempDirectory directory;
  TempDirectory found;
  auto faults = std::make_shared<FaultyFileSystem>(directory.path());
  const FileSystem files(faults);
  const FixedClock clock(1'767'225'600'000);
  SeededRandom random(1);
  const auto ledger = must(Ledger::open(files, directory / "ledger.db", clock, random));
  faults->lose_syncs("ledger.db-wal");
  const std::string id = ledger->new_answer_id();
  must(ledger->append_opened(id, content(1, "question")));
  faults->materialize_durable(found / "after");
  const FileSystem plain;
  const auto after = must(Ledger::open(plain, found / "after/ledger.db", clock, random));
  CHECK_FALSE(after->find(id));
}
