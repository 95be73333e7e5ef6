// What survives a crash at every single call: a durable write and SQLite transactions, under failed
// calls, cut writes and power loss; and proof that these checks see a loss when one is planted.
#include <doctest/doctest.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/sqlite.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/temp_directory.h"

namespace grounds {
namespace {

using test::FaultyFileSystem;

// Thousands of small files, and syncs that are pretended: no disk is needed.
class TempDirectory : public test::TempDirectory {
 public:
  TempDirectory() : test::TempDirectory(Where::kMemory) {}
};

const std::vector<IoOperation> kChanging = {
    IoOperation::kOpen,   IoOperation::kWrite,         IoOperation::kTruncate,
    IoOperation::kSync,   IoOperation::kSyncDirectory, IoOperation::kRename,
    IoOperation::kRemove, IoOperation::kMakeDirectory};

// What went wrong, with the first call at which it did.
using Problems = std::map<std::string, std::size_t>;

std::string to_text(const Problems& problems) {
  std::string text;
  for (const auto& [problem, call] : problems) {
    text += problem + " (first at call " + std::to_string(call) + ") ";
  }
  return text;
}

using Plant = std::function<void(FaultyFileSystem&)>;
const Plant kNothing = [](FaultyFileSystem&) {};

// ---- a durable write

// What is wrong with the file after a power loss at call `n`, or nothing. `finished`: n was past
// the end.
std::string durable_write_at(std::size_t n, const Plant& plant, bool& finished) {
  const TempDirectory directory;
  const TempDirectory out;
  const std::string old_content(3000, 'o');
  const std::string new_content(5000, 'n');
  std::ofstream(directory / "a") << old_content;
  const auto faults = std::make_shared<FaultyFileSystem>(directory.path());
  faults->count_only(kChanging);
  faults->power_off_at(n);
  plant(*faults);
  const bool written = FileSystem(faults).write_durably(directory / "a", new_content).has_value();
  finished = faults->calls() < n;
  for (std::uint64_t seed = 0; seed < 9; ++seed) {
    if (seed == 0)
      faults->materialize_durable(out / "disk");
    else
      faults->materialize_some(out / "disk", seed);
    const auto content = FileSystem().read(out / "disk/a");
    if (!content) return "the file is gone";
    if (*content != old_content && *content != new_content)
      return "the file is neither the old nor the new one";
    if (written && *content != new_content) return "an acknowledged write is lost";
  }
  return "";
}

Problems durable_write_problems(const Plant& plant) {
  Problems problems;
  bool finished = false;
  for (std::size_t n = 1; !finished; ++n) {
    const std::string problem = durable_write_at(n, plant, finished);
    if (!problem.empty()) problems.emplace(problem, n);
  }
  return problems;
}

TEST_CASE("a durable write leaves the old or the new content after a power loss at any call") {
  CHECK(to_text(durable_write_problems(kNothing)) == "");
}

TEST_CASE("the check of durable writes sees a sync of the file that was left out") {
  // The temporary file's name ends in 16 random digits, so all files' syncs are lost: "" ends every
  // path.
  const auto problems =
      durable_write_problems([](FaultyFileSystem& faults) { faults.lose_syncs(""); });
  CHECK(problems.contains("the file is neither the old nor the new one"));
}

TEST_CASE("the check of durable writes sees a sync of the folder that was left out") {
  const auto problems =
      durable_write_problems([](FaultyFileSystem& faults) { faults.lose_directory_syncs(""); });
  CHECK(problems.size() == 1);
  CHECK(problems.contains("an acknowledged write is lost"));
}

// ---- SQLite

constexpr int kTransactions = 6;
constexpr int kRows = 5;

struct Outcome {
  bool created = false;
  std::set<int> acknowledged;
  std::set<int> failed;
};

// Creates a database and commits transactions of kRows rows each, with a checkpoint half way.
Outcome run_workload(const FileSystem& files, const std::string& path, int first_round = 0) {
  Outcome outcome;
  auto database = Database::open(files, path, DatabaseMode::kCreate);
  if (!database) return outcome;
  outcome.created =
      database->execute("CREATE TABLE IF NOT EXISTS t(round INTEGER, row INTEGER, v BLOB)")
          .has_value();
  if (!outcome.created) return outcome;
  const std::string blob(1500, 'b');
  for (int round = first_round; round < first_round + kTransactions; ++round) {
    const auto commit = [&]() -> Status {
      GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*database));
      for (int row = 0; row < kRows; ++row) {
        GROUNDS_RETURN_IF_ERROR(database->run("INSERT INTO t VALUES(?,?,?)", round, row, blob));
      }
      return transaction.commit();
    };
    (commit() ? outcome.acknowledged : outcome.failed).insert(round);
    if (round == first_round + kTransactions / 2) static_cast<void>(database->checkpoint());
  }
  return outcome;
}

// The rounds of which all rows are there; nothing if the database is not sound or a round is there
// in part.
std::optional<std::set<int>> rounds_in(const std::string& path) {
  const std::string directory = path.substr(0, path.find_last_of('/'));
  const FileSystem files(std::make_shared<FaultyFileSystem>(directory));  // for its pretended syncs
  if (!files.exists(path)) return std::set<int>{};
  auto database = Database::open(files, path, DatabaseMode::kReadWrite);
  if (!database) return std::nullopt;
  auto check = database->prepare("PRAGMA integrity_check");
  if (!check || !check->step() || check->text(0) != "ok") return std::nullopt;
  std::set<int> rounds;
  auto table = database->prepare("SELECT count(*) FROM sqlite_schema WHERE name = 't'");
  if (!table || !table->step()) return std::nullopt;
  if (table->integer(0) == 0) return rounds;
  auto rows = database->prepare("SELECT round, count(*), min(length(v)) FROM t GROUP BY round");
  if (!rows) return std::nullopt;
  for (;;) {
    const auto row = rows->step();
    if (!row) return std::nullopt;
    if (!*row) return rounds;
    if (rows->integer(1) != kRows || rows->integer(2) != 1500) return std::nullopt;
    rounds.insert(static_cast<int>(rows->integer(0)));
  }
}

std::string problem_of(const std::optional<std::set<int>>& rounds, const Outcome& outcome) {
  if (!rounds) return "the database is unsound";
  for (const int round : outcome.acknowledged) {
    if (!rounds->contains(round)) return "an acknowledged transaction is lost";
  }
  return "";
}

Problems power_loss_problems(const Plant& plant) {
  Problems problems;
  for (std::size_t n = 1;; ++n) {
    const TempDirectory directory;
    const TempDirectory out;
    const auto faults = std::make_shared<FaultyFileSystem>(directory.path());
    faults->count_only(kChanging);
    faults->power_off_at(n);
    plant(*faults);
    const Outcome outcome = run_workload(FileSystem(faults), directory / "a.db");
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      if (seed == 0)
        faults->materialize_durable(out / "disk");
      else
        faults->materialize_some(out / "disk", n * 100 + seed);
      const std::string problem = problem_of(rounds_in(out / "disk/a.db"), outcome);
      if (!problem.empty()) problems.emplace(problem, n);
    }
    if (faults->calls() < n) {
      REQUIRE(outcome.acknowledged.size() ==
              kTransactions);  // the last round is one without a fault
      REQUIRE(n > 50);
      return problems;
    }
  }
}

TEST_CASE("acknowledged transactions are there after a power loss at any call, and no half ones") {
  CHECK(to_text(power_loss_problems(kNothing)) == "");
}

TEST_CASE("the check of transactions sees a sync of the log that was left out") {
  const auto problems =
      power_loss_problems([](FaultyFileSystem& faults) { faults.lose_syncs("-wal"); });
  CHECK(problems.contains("an acknowledged transaction is lost"));
}

TEST_CASE("the check of transactions sees a sync of the folder that was left out") {
  const auto problems =
      power_loss_problems([](FaultyFileSystem& faults) { faults.lose_directory_syncs(""); });
  CHECK(problems.contains("an acknowledged transaction is lost"));
}

TEST_CASE(
    "the check of transactions sees a sync of the database that was left out of the checkpoint") {
  const auto problems =
      power_loss_problems([](FaultyFileSystem& faults) { faults.lose_syncs("a.db"); });
  CHECK_FALSE(problems.empty());
}

TEST_CASE("what the successor of a killed process commits survives a power loss as well") {
  for (std::size_t n = 1;; ++n) {
    CAPTURE(n);
    const TempDirectory directory;
    const TempDirectory out;
    const auto faults = std::make_shared<FaultyFileSystem>(directory.path());
    faults->count_only(kChanging);
    faults->power_off_at(n);  // here: the process dies, and what it wrote stays with the system
    const Outcome first = run_workload(FileSystem(faults), directory / "a.db");
    const bool finished = faults->calls() < n;
    faults->clear_plans();
    Outcome both = run_workload(FileSystem(faults), directory / "a.db", kTransactions);
    CHECK(both.acknowledged.size() == kTransactions);
    both.acknowledged.insert(first.acknowledged.begin(), first.acknowledged.end());
    faults->materialize_durable(out / "disk");
    CHECK(problem_of(rounds_in(out / "disk/a.db"), both) == "");
    if (finished) break;
  }
}

// The state after a fault: in the running system, and after a restart that finds only the files.
void check_after_fault(const FaultyFileSystem& faults, const Outcome& outcome,
                       const std::string& path) {
  const TempDirectory out;
  const auto exactly_acknowledged = [&](const std::optional<std::set<int>>& rounds) {
    REQUIRE(rounds);
    CHECK(*rounds ==
          outcome.acknowledged);  // nothing lost, and nothing of what was reported as failed
  };
  faults.materialize_written(out / "disk");
  exactly_acknowledged(rounds_in(out / "disk/a.db"));
  exactly_acknowledged(rounds_in(path));
}

TEST_CASE("a transaction whose commit failed, at any call, is gone for good, and later ones work") {
  for (const int error : {EIO, ENOSPC}) {
    for (std::size_t n = 1;; ++n) {
      CAPTURE(error);
      CAPTURE(n);
      const TempDirectory directory;
      const auto faults = std::make_shared<FaultyFileSystem>(directory.path());
      faults->count_only(kChanging);
      faults->fail_call(n, error);
      const Outcome outcome = run_workload(FileSystem(faults), directory / "a.db");
      if (outcome.created) CHECK(outcome.failed.size() <= 1);
      check_after_fault(*faults, outcome, directory / "a.db");
      if (faults->calls() < n) {
        CHECK(outcome.acknowledged.size() == kTransactions);
        break;
      }
    }
  }
}

TEST_CASE("a write of SQLite that is cut short fails its transaction and no other") {
  for (std::size_t n = 1; n < 60; n += 2) {
    CAPTURE(n);
    const TempDirectory directory;
    const auto faults = std::make_shared<FaultyFileSystem>(directory.path());
    faults->shorten_write(n, 700);
    const Outcome outcome = run_workload(FileSystem(faults), directory / "a.db");
    if (outcome.created) CHECK(outcome.failed.size() <= 1);
    check_after_fault(*faults, outcome, directory / "a.db");
  }
}

// If SQLite wrote past the seam, the model would not know, and the tests above would prove nothing.
TEST_CASE("everything that SQLite puts on the disk passes through the seam") {
  const TempDirectory directory;
  const TempDirectory out;
  const auto faults = std::make_shared<FaultyFileSystem>(directory.path());
  const Outcome outcome = run_workload(FileSystem(faults), directory / "a.db");
  CHECK(outcome.acknowledged.size() == kTransactions);
  faults->materialize_written(out / "disk");
  std::set<std::string> compared;
  const auto entries = FileSystem().list(directory.path()).value();
  for (const DirectoryEntry& entry : entries) {
    if (entry.name.ends_with("-shm") || entry.name.ends_with(".lock")) continue;
    CHECK(FileSystem().read(out / ("disk/" + entry.name)).value() ==
          FileSystem().read(directory / entry.name).value());
    compared.insert(entry.name);
  }
  CHECK(compared == std::set<std::string>{"a.db", "a.db-wal"});
  CHECK(FileSystem().list(out / "disk")->size() == 2);
}

TEST_CASE("the same holds on a disk, when the syncs are real") {
  const test::TempDirectory directory;
  const auto faults = std::make_shared<FaultyFileSystem>(directory.path());
  faults->set_real_syncs(true);
  const Outcome outcome = run_workload(FileSystem(faults), directory / "a.db");
  CHECK(outcome.acknowledged.size() == kTransactions);
  const TempDirectory out;
  faults->materialize_durable(out / "disk");
  CHECK(rounds_in(out / "disk/a.db") == outcome.acknowledged);
}

}  // namespace
}  // namespace grounds
