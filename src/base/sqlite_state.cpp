#include "base/sqlite_state.h"

#include <utility>

#include "base/log.h"
#include "base/sqlite_error.h"

namespace grounds {
namespace {

// SQLite's own automatic checkpoints come at 4 MiB; ours are rarer, since each costs two syncs.
constexpr std::int64_t kCheckpointBytes = 16 * 1024 * 1024;

}  // namespace

Database::State::State(const FileSystem& files, std::string database_path, DatabaseMode open_mode)
    : file_system(files),
      vfs(std::make_unique<SqliteVfs>(files)),
      path(std::move(database_path)),
      lock_path(vfs->full_path(path) + ".lock"),
      mode(open_mode) {}

Database::State::~State() {
  cache.clear();
  if (sqlite3_close(handle) == SQLITE_OK) return;
  // A statement outlives its connection, against the contract. Let SQLite close when that one
  // goes, and leave the VFS, which the connection still uses, registered for good.
  log_error("a database connection was closed with statements still open: " + path);
  sqlite3_close_v2(handle);
  static_cast<void>(vfs.release());
}

Status Database::State::exec(const char* sql, std::string_view what) {
  const int code = sqlite3_exec(handle, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(sqlite_error(handle, code, what, path));
  return {};
}

Result<FileLock> Database::State::lock() const {
  if (mode == DatabaseMode::kReadOnly) {
    return fail(ErrorCode::kInternal, "a write to a database that was opened for reading: " + path);
  }
  if (reads > 0) return fail(ErrorCode::kInternal, "a write inside a read transaction: " + path);
  return file_system.lock(lock_path);
}

void Database::State::begin_writing() {
  vfs->mark_wal();
  may_write = true;
}

Status Database::State::end_writing(Status done) {
  if (!done) done = fail(undo(std::move(done).error()));
  may_write = false;
  if (done) checkpoint_if_grown();
  return done;
}

// Rolls back, and cuts what the failed write added off the log. Its frames may be there whole,
// commit mark included, with only the sync having failed; recovery after a restart would take them
// for committed. No reader looks past the last acknowledged frame, and the next writer starts
// behind it, so the cut disturbs nobody.
Error Database::State::undo(Error error) {
  if (sqlite3_get_autocommit(handle) == 0) {
    sqlite3_exec(handle, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  const std::uint64_t from = vfs->lowest_wal_write();
  if (from == UINT64_MAX) return error;
  sqlite3_file* wal = nullptr;
  if (sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) != SQLITE_OK ||
      wal == nullptr || wal->pMethods == nullptr ||
      wal->pMethods->xTruncate(wal, static_cast<sqlite3_int64>(from)) != SQLITE_OK ||
      wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL) != SQLITE_OK) {
    error.message += "; the log could not be cut back, so this change may appear after a restart";
  }
  return error;
}

Status Database::State::checkpoint_locked() {
  int frames = 0;
  int copied = 0;
  int code = sqlite3_wal_checkpoint_v2(handle, "main", SQLITE_CHECKPOINT_PASSIVE, &frames, &copied);
  // TRUNCATE gives the disk space back, but waits for readers: only when none is in the way.
  if (code == SQLITE_OK && frames == copied && frames * page_size >= kCheckpointBytes) {
    sqlite3_busy_timeout(handle, 0);
    code = sqlite3_wal_checkpoint_v2(handle, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    sqlite3_busy_timeout(handle, kBusyTimeoutMs);
    if ((code & 0xFF) == SQLITE_BUSY) code = SQLITE_OK;
  }
  if (code == SQLITE_OK) return {};
  return fail(sqlite_error(handle, code, "cannot copy the log into the database", path));
}

// After a commit, which stands whatever happens here.
void Database::State::checkpoint_if_grown() {
  if (wal_frames < last_checkpoint_frames) last_checkpoint_frames = 0;  // the log was started anew
  if ((wal_frames - last_checkpoint_frames) * page_size < kCheckpointBytes) return;
  // While a reader holds on to an old state the log only grows: again after as much again.
  last_checkpoint_frames = wal_frames;
  if (const Status done = checkpoint_locked(); !done) log_warning(done.error().message);
}

}  // namespace grounds
