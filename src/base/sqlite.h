// A thin, typed layer over SQLite: connections through our own VFS, statements, transactions.
// WAL, synchronous=FULL, no automatic checkpoints; all writes and checkpoints of a database, in any
// process, happen under one lock file beside it (SQLite 3.40 is in the range of the WAL-reset bug).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "grounds/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace grounds {

class Database;

// A prepared statement. Parameters and columns count from 1 and from 0, as in SQLite. Not
// thread-safe.
class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  // Binds all parameters in order. Accepts integers, bool, double, text (std::string, string_view,
  // const char*), blobs (std::span<const std::byte>, std::span<const std::uint8_t>), nullptr and
  // std::optional of these. Bound views must outlive the step. Resets the statement first. What
  // goes wrong here, the wrong number of values included, is reported by the next step.
  template <class... Values>
  Statement& bind(const Values&... values) {
    begin_binding(static_cast<int>(sizeof...(Values)));
    [[maybe_unused]] int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }
  // True: a row is there; false: done. A statement that writes needs an open Transaction (kInternal
  // without): nothing is written outside the lock file.
  Result<bool> step();
  // Steps to the end, discarding rows.
  Status run();
  void reset();

  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  std::string_view text_view(int column) const;          // valid until the next step
  std::span<const std::uint8_t> blob(int column) const;  // valid until the next step
  bool is_null(int column) const;
  // True if running it changes nothing in the database file.
  bool is_readonly() const;

 private:
  friend class Database;
  Statement(sqlite3_stmt* statement, const bool* may_write)
      : statement_(statement), may_write_(may_write) {}
  void begin_binding(int count);
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, int value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, unsigned value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, std::uint64_t value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  void bind_one(int index, long long value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, unsigned long long value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  void bind_one(int index, bool value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, double value);
  void bind_one(int index, std::string_view value);
  void bind_one(int index, const std::string& value) { bind_one(index, std::string_view(value)); }
  void bind_one(int index, const char* value) { bind_one(index, std::string_view(value)); }
  void bind_one(int index, std::span<const std::byte> value);
  void bind_one(int index, std::span<const std::uint8_t> value);
  void bind_one(int index, std::nullptr_t);
  template <class Value>
  void bind_one(int index, const std::optional<Value>& value) {
    if (value)
      bind_one(index, *value);
    else
      bind_one(index, nullptr);
  }

  void note(int code);

  sqlite3_stmt* statement_ = nullptr;
  const bool* may_write_ = nullptr;  // the connection's: does it hold the lock file?
  int bind_error_ = 0;               // the first SQLite result code of a bind that failed
};

enum class DatabaseMode { kReadOnly, kReadWrite, kCreate };

// One connection. Not thread-safe: one per thread. A statement that still has rows to give holds
// its state of the database: finish or reset it before the connection writes.
class Database {
 public:
  // kNotFound, kDamaged (no database), kRefused, kUnavailable. kCreate: creates it if it is not
  // there.
  static Result<Database> open(const FileSystem& file_system, const std::string& path,
                               DatabaseMode mode);
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  ~Database();

  // One or more statements, no parameters. Outside a Transaction each takes effect by itself, and
  // the lock file is held from the first one that writes to the end.
  Status execute(const std::string& sql);
  // One statement, with a trailing semicolon at most. It must not outlive the connection.
  Result<Statement> prepare(std::string_view sql) const;
  // Prepares (with a cache), binds and runs to the end. Outside a Transaction a statement that
  // writes is one of its own, lock file included.
  template <class... Values>
  Status run(std::string_view sql, const Values&... values) {
    auto statement = cached(sql);
    if (!statement) return fail(std::move(statement).error());
    return run_locked((*statement)->bind(values...));
  }
  std::int64_t last_insert_rowid() const;
  std::int64_t changes() const;
  const std::string& path() const;
  // Copies the WAL into the database as far as readers allow, under the lock file; not inside a
  // transaction. Also done, best effort, after a commit that finds the WAL grown by 16 MiB.
  Status checkpoint();
  sqlite3* handle() const;

 private:
  friend class Transaction;
  friend class ReadTransaction;
  struct State;
  explicit Database(std::unique_ptr<State> state);
  // A statement kept by the connection for reuse; do not hold across calls with the same SQL.
  Result<Statement*> cached(std::string_view sql);
  // Runs it, under the lock file if it writes and no Transaction is open.
  Status run_locked(Statement& statement);
  std::unique_ptr<State> state_;
};

// A write transaction: takes the database's lock file (waiting), then BEGIN IMMEDIATE. Rolled back
// on destruction unless committed. At most one at a time per connection.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  // Durable when it returns success. On failure nothing was changed, and what reached the WAL is
  // cut off so that it does not come back after a restart; the message says so where even that
  // failed.
  Status commit();

 private:
  Transaction(Database::State& state, FileLock lock);
  Database::State* state_ = nullptr;  // null once committed or moved from
  FileLock lock_;
};

// Several reads that see one state of the database (BEGIN ... COMMIT). Ended on destruction.
class ReadTransaction {
 public:
  static Result<ReadTransaction> begin(Database& database);
  ReadTransaction(ReadTransaction&& other) noexcept;
  ReadTransaction& operator=(ReadTransaction&&) = delete;
  ~ReadTransaction();

 private:
  explicit ReadTransaction(Database::State& state);
  Database::State* state_ = nullptr;
};

}  // namespace grounds
