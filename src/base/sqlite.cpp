#include "base/sqlite.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "base/log.h"
#include "base/sqlite_error.h"
#include "base/sqlite_vfs.h"

namespace grounds {
namespace {

constexpr int kBusyTimeoutMs = 10'000;
constexpr std::size_t kCachedStatements = 256;
constexpr std::int64_t kCheckpointBytes = 16 * 1024 * 1024;

}  // namespace

struct Database::State {
  State(const FileSystem& files, std::string database_path, DatabaseMode open_mode)
      : file_system(files), vfs(std::make_unique<SqliteVfs>(files)), path(std::move(database_path)), mode(open_mode) {}

  ~State() {
    cache.clear();
    if (sqlite3_close(handle) == SQLITE_OK) return;
    // A statement outlives its connection, against the contract. Let SQLite close when that one goes,
    // and leave the VFS, which the connection still uses, registered for good.
    log_error("a database connection was closed with statements still open: " + path);
    sqlite3_close_v2(handle);
    static_cast<void>(vfs.release());
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Status exec(const char* sql, std::string_view what) {
    const int code = sqlite3_exec(handle, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return fail(sqlite_error(handle, code, what, path));
    return {};
  }

  Result<FileLock> lock() const {
    if (mode == DatabaseMode::kReadOnly) {
      return fail(ErrorCode::kInternal, "a write to a database that was opened for reading: " + path);
    }
    if (reads > 0) {
      return fail(ErrorCode::kInternal, "a write inside a read transaction: " + path);
    }
    return file_system.lock(lock_path);
  }

  // Before anything is written, the lock file being held.
  void begin_writing() {
    vfs->mark_wal();
    may_write = true;
  }

  // After a failed write, the lock file still held: rolls back and cuts what it added off the log. Its
  // frames may be there whole, commit mark included, with only the sync having failed; recovery after a
  // restart would take them for committed. No reader looks past the last acknowledged frame, and the
  // next writer starts behind it, so the cut disturbs nobody.
  Error undo(Error error) {
    if (sqlite3_get_autocommit(handle) == 0) sqlite3_exec(handle, "ROLLBACK", nullptr, nullptr, nullptr);
    const std::uint64_t from = vfs->lowest_wal_write();
    if (from == UINT64_MAX) return error;
    vfs->mark_wal();
    sqlite3_file* wal = nullptr;
    if (sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) != SQLITE_OK || wal == nullptr ||
        wal->pMethods == nullptr || wal->pMethods->xTruncate(wal, static_cast<sqlite3_int64>(from)) != SQLITE_OK ||
        wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL) != SQLITE_OK) {
      error.message += "; the log could not be cut back, so this change may appear after a restart";
    }
    return error;
  }

  // The lock file is held, no transaction is open.
  Status checkpoint_locked() {
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
    if (code != SQLITE_OK) return fail(sqlite_error(handle, code, "cannot copy the log into the database", path));
    return {};
  }

  // After a commit. The commit stands whatever happens here.
  void checkpoint_if_grown() {
    if (wal_frames < last_checkpoint_frames) last_checkpoint_frames = 0;  // the log was started anew
    if ((wal_frames - last_checkpoint_frames) * page_size < kCheckpointBytes) return;
    // With a reader that holds on to an old state, the log only grows: try again after as much again.
    last_checkpoint_frames = wal_frames;
    if (const Status done = checkpoint_locked(); !done) log_warning(done.error().message);
  }

  FileSystem file_system;
  std::unique_ptr<SqliteVfs> vfs;
  sqlite3* handle = nullptr;
  std::string path;
  std::string lock_path;  // beside the file itself: one lock whatever name the database is opened by
  DatabaseMode mode;
  std::map<std::string, Statement, std::less<>> cache;
  bool may_write = false;  // the lock file is held by this connection
  int reads = 0;           // open ReadTransactions
  std::int64_t page_size = 4096;
  std::int64_t wal_frames = 0;  // in the log after this connection's last commit
  std::int64_t last_checkpoint_frames = 0;
};

namespace {

int note_wal_frames(void* frames, sqlite3*, const char*, int count) {
  *static_cast<std::int64_t*>(frames) = count;
  return SQLITE_OK;
}

Result<std::string> query_text(sqlite3* handle, const char* sql, const std::string& path) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(handle, sql, -1, &statement, nullptr);
  std::string text;
  if (code == SQLITE_OK) {
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
      const auto* value = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      if (value != nullptr) text = value;
      code = SQLITE_OK;
    } else if (code == SQLITE_DONE) {
      code = SQLITE_OK;
    }
  }
  if (code != SQLITE_OK) {
    Error error = sqlite_error(handle, code, "cannot open the database", path);
    sqlite3_finalize(statement);
    return fail(std::move(error));
  }
  sqlite3_finalize(statement);
  return text;
}

}  // namespace

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::Database(Database&& other) noexcept = default;
Database& Database::operator=(Database&& other) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const FileSystem& file_system, const std::string& path, DatabaseMode mode) {
  auto state = std::make_unique<State>(file_system, path, mode);
  if (state->vfs->registration() != SQLITE_OK) {
    return fail(sqlite_error(nullptr, state->vfs->registration(), "cannot open the database", path));
  }
  state->lock_path = state->vfs->full_path(path) + ".lock";
  const auto there = file_system.status(path);
  const bool create = mode == DatabaseMode::kCreate && !there && there.error().code == ErrorCode::kNotFound;
  if (!there && !create) return fail(Error(there.error()));
  if (there && !there->is_regular) return fail(ErrorCode::kBadInput, "not a database file: " + path);

  FileLock lock;  // creating the file and switching it to WAL are writes
  if (create) {
    GROUNDS_ASSIGN_OR_RETURN(lock, file_system.lock(state->lock_path));
  }
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= mode == DatabaseMode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (create) flags |= SQLITE_OPEN_CREATE;
  // A path that SQLite would take for something else (":memory:", "file:x") starts with a folder.
  const std::string name = path.starts_with('/') ? path : "./" + path;
  const int code = sqlite3_open_v2(name.c_str(), &state->handle, flags, state->vfs->name());
  if (code != SQLITE_OK) return fail(sqlite_error(state->handle, code, "cannot open the database", path));

  sqlite3* handle = state->handle;
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  const std::pair<int, int> settings[] = {
      {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1}, {SQLITE_DBCONFIG_DEFENSIVE, 1}, {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
      {SQLITE_DBCONFIG_ENABLE_FKEY, 1},      {SQLITE_DBCONFIG_DQS_DML, 0},   {SQLITE_DBCONFIG_DQS_DDL, 0},
  };
  for (const auto& [setting, value] : settings) {
    const int set = sqlite3_db_config(handle, setting, value, nullptr);
    if (set != SQLITE_OK) return fail(sqlite_error(handle, set, "cannot open the database", path));
  }
  GROUNDS_RETURN_IF_ERROR(
      state->exec("PRAGMA cell_size_check=ON; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0",
                  "cannot open the database"));
  GROUNDS_ASSIGN_OR_RETURN(const std::string journal, query_text(handle, "PRAGMA journal_mode", path));
  if (journal != "wal" && mode != DatabaseMode::kReadOnly) {
    if (!create) {
      GROUNDS_ASSIGN_OR_RETURN(lock, file_system.lock(state->lock_path));
    }
    GROUNDS_ASSIGN_OR_RETURN(const std::string now, query_text(handle, "PRAGMA journal_mode=WAL", path));
    if (now != "wal") {
      return fail(ErrorCode::kUnavailable, "cannot switch the database to write-ahead logging: " + path,
                  "keep the workspace on a local disk");
    }
  }
  // Reads the header and the schema: a file that is no database is found now.
  GROUNDS_RETURN_IF_ERROR(query_text(handle, "SELECT count(*) FROM sqlite_schema", path));
  GROUNDS_ASSIGN_OR_RETURN(const std::string page_size, query_text(handle, "PRAGMA page_size", path));
  state->page_size = std::max(512L, std::strtol(page_size.c_str(), nullptr, 10));
  // Takes the place of SQLite's automatic checkpoints.
  sqlite3_wal_hook(handle, note_wal_frames, &state->wal_frames);
  return Database(std::move(state));
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v3(state_->handle, sql.data(), static_cast<int>(sql.size()), 0, &statement, nullptr);
  if (code != SQLITE_OK) {
    Error error = sqlite_error(state_->handle, code, "the database cannot do this", state_->path);
    if (error.code == ErrorCode::kInternal) error.message += " in \"" + std::string(sql) + "\"";
    return fail(std::move(error));
  }
  return Statement(statement, &state_->may_write);
}

Result<Statement*> Database::cached(std::string_view sql) {
  auto& cache = state_->cache;
  if (const auto found = cache.find(sql); found != cache.end()) return &found->second;
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, prepare(sql));
  if (cache.size() >= kCachedStatements) cache.clear();
  return &cache.emplace(std::string(sql), std::move(statement)).first->second;
}

Status Database::run_locked(Statement& statement) {
  if (state_->may_write || statement.is_readonly()) return statement.run();
  GROUNDS_ASSIGN_OR_RETURN(const FileLock lock, state_->lock());
  state_->begin_writing();
  Status done = statement.run();
  if (!done) done = fail(state_->undo(std::move(done).error()));
  state_->may_write = false;
  if (done) state_->checkpoint_if_grown();
  return done;
}

Status Database::execute(const std::string& sql) {
  const bool in_transaction = sqlite3_get_autocommit(state_->handle) == 0;
  FileLock lock;
  bool locked_here = false;
  const auto run_all = [&]() -> Status {
    const char* rest = sql.c_str();
    while (*rest != '\0') {
      sqlite3_stmt* raw = nullptr;
      const int code = sqlite3_prepare_v3(state_->handle, rest, -1, 0, &raw, &rest);
      if (code != SQLITE_OK) return fail(sqlite_error(state_->handle, code, "the database cannot do this", state_->path));
      if (raw == nullptr) continue;  // a comment or white space
      Statement statement(raw, &state_->may_write);
      if (!state_->may_write && !statement.is_readonly()) {
        GROUNDS_ASSIGN_OR_RETURN(lock, state_->lock());
        locked_here = true;
        state_->begin_writing();
      }
      if (locked_here && sqlite3_get_autocommit(state_->handle) != 0) state_->vfs->mark_wal();
      GROUNDS_RETURN_IF_ERROR(statement.run());
    }
    if (!in_transaction && sqlite3_get_autocommit(state_->handle) == 0) {
      return fail(ErrorCode::kInternal, "SQL text leaves a transaction open; use Transaction: " + state_->path);
    }
    return {};
  };
  Status done = run_all();
  if (locked_here) {
    if (!done) done = fail(state_->undo(std::move(done).error()));
    state_->may_write = false;
    if (done) state_->checkpoint_if_grown();
  } else if (!done && !in_transaction && sqlite3_get_autocommit(state_->handle) == 0) {
    sqlite3_exec(state_->handle, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  return done;
}

Status Database::checkpoint() {
  if (state_->may_write) return fail(ErrorCode::kInternal, "a checkpoint inside a transaction: " + state_->path);
  GROUNDS_ASSIGN_OR_RETURN(const FileLock lock, state_->lock());
  return state_->checkpoint_locked();
}

std::int64_t Database::last_insert_rowid() const { return sqlite3_last_insert_rowid(state_->handle); }
std::int64_t Database::changes() const { return sqlite3_changes64(state_->handle); }
const std::string& Database::path() const { return state_->path; }
sqlite3* Database::handle() const { return state_->handle; }

// ---- transactions

Transaction::Transaction(Database::State& state, FileLock lock) : state_(&state), lock_(std::move(lock)) {}

Transaction::Transaction(Transaction&& other) noexcept
    : state_(std::exchange(other.state_, nullptr)), lock_(std::move(other.lock_)) {}

Result<Transaction> Transaction::begin(Database& database) {
  Database::State& state = *database.state_;
  if (state.may_write) return fail(ErrorCode::kInternal, "a transaction inside a transaction: " + state.path);
  GROUNDS_ASSIGN_OR_RETURN(FileLock lock, state.lock());
  GROUNDS_RETURN_IF_ERROR(state.exec("BEGIN IMMEDIATE", "cannot begin a transaction"));
  state.begin_writing();
  return Transaction(state, std::move(lock));
}

Transaction::~Transaction() {
  if (state_ == nullptr) return;
  static_cast<void>(state_->undo({}));
  state_->may_write = false;
}

Status Transaction::commit() {
  if (state_ == nullptr) return fail(ErrorCode::kInternal, "a transaction was committed twice");
  Database::State& state = *std::exchange(state_, nullptr);
  const FileLock lock = std::move(lock_);
  Status done = state.exec("COMMIT", "cannot commit");
  if (!done) done = fail(state.undo(std::move(done).error()));
  state.may_write = false;
  if (done) state.checkpoint_if_grown();
  return done;
}

ReadTransaction::ReadTransaction(Database::State& state) : state_(&state) { ++state.reads; }

ReadTransaction::ReadTransaction(ReadTransaction&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

Result<ReadTransaction> ReadTransaction::begin(Database& database) {
  Database::State& state = *database.state_;
  // BEGIN alone takes no snapshot: the first read does. Read here, so that "now" is now.
  GROUNDS_RETURN_IF_ERROR(state.exec("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1", "cannot begin reading"));
  return ReadTransaction(state);
}

ReadTransaction::~ReadTransaction() {
  if (state_ == nullptr) return;
  --state_->reads;
  // With nothing written a rollback ends it as well as a commit does, and cannot fail.
  sqlite3_exec(state_->handle, "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace grounds
