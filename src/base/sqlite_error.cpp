#include "base/sqlite_error.h"

#include <sqlite3.h>

#include "base/file_system.h"

namespace grounds {
namespace {

// The errno value behind a failure of the disk, or 0. SQLite's own record of it misses commits, so
// the VFS is asked.
int system_error_of(sqlite3* connection, int code) {
  if (connection == nullptr || code == SQLITE_IOERR_SHORT_READ) return 0;
  sqlite3_vfs* vfs = nullptr;
  if (sqlite3_file_control(connection, "main", SQLITE_FCNTL_VFS_POINTER, &vfs) == SQLITE_OK &&
      vfs != nullptr && vfs->xGetLastError != nullptr) {
    return vfs->xGetLastError(vfs, 0, nullptr);
  }
  return sqlite3_system_errno(connection);
}

}  // namespace

Error sqlite_error(sqlite3* connection, int code, std::string_view what, std::string_view path) {
  if (path.empty() && connection != nullptr) {
    if (const char* name = sqlite3_db_filename(connection, "main")) path = name;
  }
  Error error;
  error.message = std::string(what) + ": " + std::string(path) + ": ";
  error.message += connection != nullptr && sqlite3_extended_errcode(connection) == code
                       ? sqlite3_errmsg(connection)
                       : sqlite3_errstr(code);
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      error.code = ErrorCode::kDamaged;
      error.hint = "the database is damaged: run `grounds doctor`, or restore a backup";
      break;
    case SQLITE_FULL:
      error.code = ErrorCode::kUnavailable;
      error.hint = "the disk is full: free some space and try again";
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      error.code = ErrorCode::kUnavailable;
      error.hint = "another process holds the database; try again when that is done";
      break;
    case SQLITE_NOMEM:
      error.code = ErrorCode::kUnavailable;
      error.hint = "out of memory";
      break;
    case SQLITE_IOERR:
      if (const int cause = system_error_of(connection, code)) error = io_error(what, path, cause);
      error.code = ErrorCode::kUnavailable;
      break;
    case SQLITE_CANTOPEN:
      // Without an errno value: a folder, or a name that SQLite does not take.
      error.code = ErrorCode::kUnavailable;
      if (const int cause = system_error_of(connection, code)) error = io_error(what, path, cause);
      break;
    case SQLITE_READONLY:
      // A connection that was opened for writing and is refused: permissions, or the file was
      // replaced.
      error.code = ErrorCode::kRefused;
      error.hint =
          "check the owner and the permissions of the database, its -wal and -shm files and their "
          "folder";
      break;
    case SQLITE_TOOBIG:
      error.code = ErrorCode::kRefused;
      error.hint = "a value is larger than the database allows";
      break;
    default:
      error.code = ErrorCode::kInternal;
  }
  return error;
}

}  // namespace grounds
