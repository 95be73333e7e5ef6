// What a connection is made of; shared by Database, Transaction and ReadTransaction alone.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/sqlite.h"
#include "base/sqlite_vfs.h"

namespace grounds {

constexpr int kBusyTimeoutMs = 10'000;

struct Database::State {
  State(const FileSystem& files, std::string database_path, DatabaseMode open_mode);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Status exec(const char* sql, std::string_view what);
  // The lock file, waited for. kInternal where nothing may be written: a connection for reading, or
  // a read transaction, whose state may be out of date.
  Result<FileLock> lock() const;

  // A write goes: lock(), begin_writing(), the statements, end_writing().
  void begin_writing();
  // Closes the bracket. `done` is how it went; a failure is undone first, and a success may be
  // followed by a checkpoint. Gives `done` back, with more in its message if undoing failed.
  Status end_writing(Status done);
  // The lock file is held, and no transaction is open.
  Status checkpoint_locked();

  FileSystem file_system;
  std::unique_ptr<SqliteVfs> vfs;
  sqlite3* handle = nullptr;
  std::string path;
  // Beside the file itself: one lock, whatever name the database is opened by.
  std::string lock_path;
  DatabaseMode mode;
  std::map<std::string, Statement, std::less<>> cache;
  bool may_write = false;  // the lock file is held by this connection
  int reads = 0;           // open ReadTransactions
  std::int64_t page_size = 4096;
  std::int64_t wal_frames = 0;  // in the log after this connection's last commit
  std::int64_t last_checkpoint_frames = 0;

 private:
  Error undo(Error error);
  void checkpoint_if_grown();
};

}  // namespace grounds
