// SQLite's file I/O through a FileSystem: a VFS on top of the system's "unix" VFS, which keeps
// doing the locks and the shared memory. Every call is first put to FileSystem::before().
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>

#include "base/file_system.h"

namespace grounds {

// One VFS for one connection: registered with SQLite from construction to destruction, under a name
// of its own. Destroy it after the connection is closed. Used by the connection's thread only.
class SqliteVfs {
 public:
  explicit SqliteVfs(const FileSystem& file_system);
  ~SqliteVfs();
  SqliteVfs(const SqliteVfs&) = delete;
  SqliteVfs& operator=(const SqliteVfs&) = delete;

  // To be given to sqlite3_open_v2().
  const char* name() const { return name_.c_str(); }
  // The one absolute name of a file, symbolic links resolved; the path itself where that fails.
  std::string full_path(const std::string& path) const;
  // SQLITE_OK, or why it could not be registered.
  int registration() const { return registration_; }

  // The lowest offset written to the write-ahead log since mark_wal(); UINT64_MAX: none.
  void mark_wal() { lowest_wal_write_ = UINT64_MAX; }
  std::uint64_t lowest_wal_write() const { return lowest_wal_write_; }

 private:
  struct Calls;  // the functions that SQLite calls
  FileSystem file_system_;
  sqlite3_vfs* system_;  // the "unix" VFS
  sqlite3_vfs vfs_{};
  std::string name_;
  int registration_ = SQLITE_ERROR;
  int last_error_ = 0;  // errno value of the last call that failed
  std::uint64_t lowest_wal_write_ = UINT64_MAX;
};

}  // namespace grounds
