#include "base/sqlite.h"

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <thread>
#include <vector>

#include "tests/base/faulty_file_system.h"
#include "tests/base/temp_directory.h"

namespace grounds {
namespace {

using test::FaultyFileSystem;
using test::TempDirectory;

std::int64_t integer_of(Database& database, std::string_view sql) {
  Statement statement = database.prepare(sql).value();
  REQUIRE(statement.step().value());
  return statement.integer(0);
}

std::string text_of(Database& database, std::string_view sql) {
  Statement statement = database.prepare(sql).value();
  REQUIRE(statement.step().value());
  return statement.text(0);
}

// A database with a table t(id, v), its syncs pretended, which makes tests fast.
struct Fixture {
  TempDirectory directory;
  std::shared_ptr<FaultyFileSystem> faults = std::make_shared<FaultyFileSystem>(directory.path());
  FileSystem files{faults};
  std::string path = directory / "a.db";
  Database database = open(DatabaseMode::kCreate);

  Fixture() { REQUIRE(database.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")); }
  Database open(DatabaseMode mode = DatabaseMode::kReadWrite) const {
    return Database::open(files, path, mode).value();
  }
};

TEST_CASE("values of every kind come back as they were bound") {
  Fixture f;
  REQUIRE(f.database.execute("CREATE TABLE k(a,b,c,d,e,f,g,h,i,j)"));
  const std::string text("null\0inside 有据", 18);
  const std::array<std::uint8_t, 3> blob = {0, 1, 255};
  const std::optional<std::int64_t> none;
  const std::optional<std::string> some = "there";
  REQUIRE(f.database.run("INSERT INTO k VALUES(?,?,?,?,?,?,?,?,?,?)", std::int64_t{-1} << 62, true,
                         2.5, text, std::span<const std::uint8_t>(blob), nullptr, none, some,
                         std::string_view(), std::span<const std::byte>()));
  Statement row = f.database.prepare("SELECT * FROM k").value();
  REQUIRE(row.step().value());
  CHECK(row.integer(0) == std::int64_t{-1} << 62);
  CHECK(row.integer(1) == 1);
  CHECK(row.real(2) == 2.5);
  CHECK(row.text(3) == text);
  CHECK(std::vector<std::uint8_t>(row.blob(4).begin(), row.blob(4).end()) ==
        std::vector<std::uint8_t>(blob.begin(), blob.end()));
  CHECK(row.is_null(5));
  CHECK(row.is_null(6));
  CHECK(row.text(7) == "there");
  CHECK_FALSE(row.is_null(8));  // empty is not NULL
  CHECK(row.text(8).empty());
  CHECK_FALSE(row.is_null(9));
  CHECK(row.blob(9).empty());
  CHECK_FALSE(row.step().value());
}

TEST_CASE("every connection has the settings that durability and safety rest on") {
  Fixture f;
  std::string journal;
  REQUIRE(sqlite3_exec(
              f.database.handle(), "PRAGMA journal_mode",
              [](void* into, int, char** row, char**) {
                *static_cast<std::string*>(into) = row[0];
                return 0;
              },
              &journal, nullptr) == SQLITE_OK);
  CHECK(journal == "wal");
  CHECK(integer_of(f.database, "PRAGMA synchronous") == 2);
  CHECK(integer_of(f.database, "PRAGMA wal_autocheckpoint") == 0);
  CHECK(integer_of(f.database, "PRAGMA foreign_keys") == 1);
  CHECK(integer_of(f.database, "PRAGMA trusted_schema") == 0);
  CHECK(integer_of(f.database, "PRAGMA cell_size_check") == 1);
  CHECK(integer_of(f.database, "PRAGMA busy_timeout") > 0);
  for (const int setting : {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, SQLITE_DBCONFIG_DEFENSIVE}) {
    int value = -1;
    REQUIRE(sqlite3_db_config(f.database.handle(), setting, -1, &value) == SQLITE_OK);
    CHECK(value == 1);
  }
}

TEST_CASE("closing the last connection does not checkpoint") {
  Fixture f;
  REQUIRE(f.database.run("INSERT INTO t(v) VALUES(1)"));
  const std::uint64_t size = FileSystem().status(f.path)->size;
  { const Database closed = std::move(f.database); }
  CHECK(FileSystem().status(f.path + "-wal")->size > 0);
  CHECK(FileSystem().status(f.path)->size == size);
}

TEST_CASE("a transaction is seen by others once committed, and not at all if dropped") {
  Fixture f;
  Database reader = f.open(DatabaseMode::kReadOnly);
  {
    Transaction transaction = Transaction::begin(f.database).value();
    REQUIRE(f.database.run("INSERT INTO t(v) VALUES(1)"));
    CHECK(integer_of(reader, "SELECT count(*) FROM t") == 0);
    REQUIRE(transaction.commit());
    CHECK(integer_of(reader, "SELECT count(*) FROM t") == 1);
    CHECK_FALSE(transaction.commit());
  }
  {
    const Transaction dropped = Transaction::begin(f.database).value();
    REQUIRE(f.database.run("INSERT INTO t(v) VALUES(2)"));
  }
  CHECK(integer_of(reader, "SELECT count(*) FROM t") == 1);
  CHECK(integer_of(f.database, "SELECT count(*) FROM t") == 1);
  CHECK(f.database.last_insert_rowid() == 2);
}

TEST_CASE(
    "a read transaction sees one state from its beginning to its end, and holds up no writer") {
  Fixture f;
  Database reader = f.open(DatabaseMode::kReadOnly);
  {
    const ReadTransaction reading = ReadTransaction::begin(reader).value();
    REQUIRE(f.database.run("INSERT INTO t(v) VALUES(1)"));
    REQUIRE(f.database.checkpoint());
    CHECK(integer_of(reader, "SELECT count(*) FROM t") == 0);
  }
  CHECK(integer_of(reader, "SELECT count(*) FROM t") == 1);
}

TEST_CASE("nothing is written outside the lock file") {
  Fixture f;
  Statement loose = f.database.prepare("INSERT INTO t(v) VALUES(?)").value();
  const Status refused = loose.bind(1).run();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kInternal);
  {
    Transaction transaction = Transaction::begin(f.database).value();
    CHECK(loose.bind(1).run());
    CHECK(transaction.commit());
    CHECK_FALSE(loose.bind(2).run());
  }
  {
    const ReadTransaction reading = ReadTransaction::begin(f.database).value();
    CHECK_FALSE(f.database.run("INSERT INTO t(v) VALUES(3)"));
    CHECK_FALSE(f.database.execute("INSERT INTO t(v) VALUES(3)"));
    CHECK_FALSE(Transaction::begin(f.database));
    CHECK_FALSE(f.database.checkpoint());
  }
  CHECK(integer_of(f.database, "SELECT count(*) FROM t") == 1);

  // Each way to write, and the checkpoint, fails when the lock cannot be had.
  f.faults->count_only({IoOperation::kLock});
  const auto locked_out = [&](auto write) {
    f.faults->reset_count();
    f.faults->fail_call(1, ENOLCK);
    const Status status = write();
    return !status && status.error().code == ErrorCode::kUnavailable;
  };
  CHECK(locked_out([&] { return f.database.run("INSERT INTO t(v) VALUES(4)"); }));
  CHECK(locked_out([&] { return f.database.execute("INSERT INTO t(v) VALUES(4)"); }));
  CHECK(locked_out([&]() -> Status {
    GROUNDS_RETURN_IF_ERROR(Transaction::begin(f.database));
    return {};
  }));
  CHECK(locked_out([&] { return f.database.checkpoint(); }));
  CHECK(locked_out([&]() -> Status {
    GROUNDS_RETURN_IF_ERROR(Database::open(f.files, f.directory / "new.db", DatabaseMode::kCreate));
    return {};
  }));
  CHECK_FALSE(FileSystem().exists(f.directory / "new.db"));
  CHECK(integer_of(f.database, "SELECT count(*) FROM t") == 1);
}

TEST_CASE("the lock is one whatever name the database is opened by") {
  Fixture f;
  std::filesystem::create_symlink("a.db", f.directory / "b.db");
  Database other = Database::open(f.files, f.directory / "b.db", DatabaseMode::kReadWrite).value();
  const Transaction transaction = Transaction::begin(other).value();
  CHECK_FALSE(f.files.lock(f.path + ".lock", 0));
}

TEST_CASE("misuse is reported and harmless") {
  Fixture f;
  CHECK(f.database.run("INSERT INTO t(v) VALUES(?)").error().code == ErrorCode::kInternal);
  CHECK(f.database.run("INSERT INTO t(v) VALUES(?)", 1, 2).error().code == ErrorCode::kInternal);
  CHECK(f.database.run("INSERT INTO nowhere VALUES(1)").error().message.find("nowhere") !=
        std::string::npos);
  CHECK(f.database.run("SELECT \"v\" FROM t WHERE v = \"typo\"").error().code ==
        ErrorCode::kInternal);
  CHECK_FALSE(Statement().step());
  CHECK_FALSE(f.database.prepare("SELECT 1; DELETE FROM t"));
  CHECK_FALSE(f.database.prepare(""));
  CHECK(f.database.prepare("SELECT 1;\n"));
  CHECK_FALSE(f.database.execute("BEGIN; INSERT INTO t(v) VALUES(1)"));  // left open
  CHECK(f.database.execute("INSERT INTO t(v) VALUES(1); -- done\n"));
  {
    const Transaction transaction = Transaction::begin(f.database).value();
    CHECK_FALSE(Transaction::begin(f.database));
  }
  CHECK(integer_of(f.database, "SELECT count(*) FROM t") == 1);
  Database reader = f.open(DatabaseMode::kReadOnly);
  CHECK_FALSE(reader.run("INSERT INTO t(v) VALUES(1)"));
  CHECK_FALSE(Transaction::begin(reader));
}

TEST_CASE("a statement runs again with other values after a failure") {
  Fixture f;
  CHECK(f.database.run("INSERT INTO t(id) VALUES(?)", 1));
  CHECK_FALSE(f.database.run("INSERT INTO t(id) VALUES(?)", 1));
  CHECK(f.database.run("INSERT INTO t(id) VALUES(?)", 2));
  CHECK(f.database.changes() == 1);
}

TEST_CASE("opening says what is wrong with the file") {
  const TempDirectory directory;
  const FileSystem files;
  const auto error_of = [&](const std::string& path, DatabaseMode mode) {
    const auto opened = Database::open(files, path, mode);
    REQUIRE_FALSE(opened);
    CHECK_FALSE(opened.error().message.empty());
    return opened.error().code;
  };
  CHECK(error_of(directory / "none.db", DatabaseMode::kReadWrite) == ErrorCode::kNotFound);
  CHECK(error_of(directory / "none.db", DatabaseMode::kReadOnly) == ErrorCode::kNotFound);
  CHECK(error_of(directory / "none/a.db", DatabaseMode::kCreate) == ErrorCode::kNotFound);
  CHECK(error_of(directory.path(), DatabaseMode::kReadWrite) == ErrorCode::kBadInput);
  CHECK_FALSE(files.exists(directory / "none.db"));
  REQUIRE(files.write_durably(directory / "text.db", std::string(5000, 'x')));
  CHECK(error_of(directory / "text.db", DatabaseMode::kReadWrite) == ErrorCode::kDamaged);
  CHECK(error_of(directory / "text.db", DatabaseMode::kReadOnly) == ErrorCode::kDamaged);
}

TEST_CASE("a database with an overwritten page is reported as damaged") {
  Fixture f;
  {
    Transaction transaction = Transaction::begin(f.database).value();
    for (int i = 0; i < 2000; ++i)
      REQUIRE(f.database.run("INSERT INTO t(v) VALUES(?)", "some text to fill pages"));
    REQUIRE(transaction.commit());
  }
  REQUIRE(f.database.checkpoint());
  { const Database closed = std::move(f.database); }
  // The log still holds the good pages, all of them copied: without it the file has to stand alone.
  REQUIRE(FileSystem().remove(f.path + "-wal"));
  File file = FileSystem().open(f.path, OpenMode::kReadWrite).value();
  const std::string garbage(4096, '\xA5');
  REQUIRE(file.write(2 * 4096, std::as_bytes(std::span(garbage))));
  Database damaged = f.open();
  const Status scanned = damaged.run("SELECT sum(length(v)) FROM t");
  REQUIRE_FALSE(scanned);
  CHECK(scanned.error().code == ErrorCode::kDamaged);
  CHECK(scanned.error().hint.find("doctor") != std::string::npos);
}

TEST_CASE("names that SQLite would take for something else are files") {
  const TempDirectory directory;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  for (const std::string name : {":memory:", "file:x?mode=memory", "a b%20c.db"}) {
    CAPTURE(name);
    CHECK(Database::open(FileSystem(), name, DatabaseMode::kCreate));
    CHECK(std::filesystem::is_regular_file(name));
  }
  std::filesystem::current_path(before);
}

TEST_CASE("an error of the disk inside SQLite is reported as one, with its reason") {
  Fixture f;
  f.faults->count_only({IoOperation::kWrite});
  f.faults->reset_count();
  f.faults->fail_call(1, EIO);
  const Status failed = f.database.run("INSERT INTO t(v) VALUES(1)");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::kUnavailable);
  CHECK(failed.error().message.find("Input/output error") != std::string::npos);
  f.faults->reset_count();
  f.faults->fail_call(1, ENOSPC);
  const Status full = f.database.run("INSERT INTO t(v) VALUES(1)");
  REQUIRE_FALSE(full);
  CHECK(full.error().code == ErrorCode::kUnavailable);
  CHECK(full.error().hint.find("full") != std::string::npos);
  CHECK(f.database.run("INSERT INTO t(v) VALUES(1)"));
  CHECK(integer_of(f.database, "SELECT count(*) FROM t") == 1);
}

TEST_CASE("the log is copied back once it has grown, and given up when no reader needs it") {
  Fixture f;
  Database reader = f.open(DatabaseMode::kReadOnly);
  const std::string large(1 << 20, 'x');
  const auto insert = [&](int count) {
    for (int i = 0; i < count; ++i) REQUIRE(f.database.run("INSERT INTO t(v) VALUES(?)", large));
  };
  const auto log_size = [&] { return FileSystem().status(f.path + "-wal")->size; };
  {
    // A reader that holds an old state keeps the log from being given up, and holds up no writer.
    const ReadTransaction reading = ReadTransaction::begin(reader).value();
    insert(20);
    CHECK(log_size() > 20 << 20);
    CHECK(integer_of(reader, "SELECT count(*) FROM t") == 0);
  }
  insert(20);
  CHECK(log_size() < 20 << 20);
  CHECK(integer_of(reader, "SELECT count(*) FROM t") == 40);
  REQUIRE(f.database.checkpoint());
  CHECK(text_of(f.database, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("threads with a connection each write under the lock and read without") {
  Fixture f;
  REQUIRE(f.database.run("INSERT INTO t(id, v) VALUES(1, 0)"));
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      auto mine = Database::open(f.files, f.path, DatabaseMode::kReadWrite);
      for (int i = 0; mine && i < 40; ++i) {
        auto transaction = Transaction::begin(*mine);
        if (!transaction || !mine->run("UPDATE t SET v = v + 1 WHERE id = 1") ||
            !transaction->commit())
          ++failures;
        if (i % 10 == 0 && !mine->checkpoint()) ++failures;
      }
      if (!mine) ++failures;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(integer_of(f.database, "SELECT v FROM t WHERE id = 1") == 120);
}

// Adds `count` to the counter, reading and writing back in two statements; checkpoints now and
// then.
bool count_up(const std::string& directory, int count) {
  const FileSystem files(std::make_shared<FaultyFileSystem>(directory));
  auto database = Database::open(files, directory + "/a.db", DatabaseMode::kReadWrite);
  if (!database) return false;
  for (int i = 0; i < count; ++i) {
    auto transaction = Transaction::begin(*database);
    if (!transaction) return false;
    auto read = database->prepare("SELECT v FROM t WHERE id = 1");
    if (!read || !read->step()) return false;
    const std::int64_t value = read->integer(0);
    read->reset();
    if (!database->run("UPDATE t SET v = ? WHERE id = 1", value + 1)) return false;
    if (!database->run("INSERT INTO t(v) VALUES(?)", value)) return false;
    if (!transaction->commit()) return false;
    if (i % 7 == 0 && !database->checkpoint()) return false;
  }
  return true;
}

TEST_CASE("two processes that write to one database lose nothing") {
  TempDirectory directory;
  {
    Database database =
        Database::open(FileSystem(), directory / "a.db", DatabaseMode::kCreate).value();
    REQUIRE(
        database.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 0)"));
  }
  constexpr int kEach = 100;
  std::vector<pid_t> children;
  for (int c = 0; c < 2; ++c) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(count_up(directory.path(), kEach) ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  Database database =
      Database::open(FileSystem(), directory / "a.db", DatabaseMode::kReadWrite).value();
  CHECK(integer_of(database, "SELECT v FROM t WHERE id = 1") == 2 * kEach);
  CHECK(integer_of(database, "SELECT count(DISTINCT v) FROM t WHERE id > 1") == 2 * kEach);
  CHECK(text_of(database, "PRAGMA integrity_check") == "ok");
}

}  // namespace
}  // namespace grounds
