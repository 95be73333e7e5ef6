#include "base/sqlite.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/sqlite_error.h"
#include "base/sqlite_state.h"
#include "base/utf8.h"

namespace grounds {
namespace {

constexpr std::size_t kCachedStatements = 256;

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

Result<Database> Database::open(const FileSystem& file_system, const std::string& path,
                                DatabaseMode mode) {
  if (path.empty()) return fail(ErrorCode::kUsage, "the path of a database is empty");
  auto state = std::make_unique<State>(file_system, path, mode);
  if (state->vfs->registration() != SQLITE_OK) {
    return fail(
        sqlite_error(nullptr, state->vfs->registration(), "cannot open the database", path));
  }
  const auto there = file_system.status(path);
  const bool create =
      mode == DatabaseMode::kCreate && !there && there.error().code == ErrorCode::kNotFound;
  if (!there && !create) return fail(Error(there.error()));
  if (there && !there->is_regular)
    return fail(ErrorCode::kBadInput, "not a database file: " + path);

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
  if (code != SQLITE_OK)
    return fail(sqlite_error(state->handle, code, "cannot open the database", path));

  sqlite3* handle = state->handle;
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  const std::pair<int, int> settings[] = {
      {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1}, {SQLITE_DBCONFIG_DEFENSIVE, 1},
      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},   {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
      {SQLITE_DBCONFIG_DQS_DML, 0},          {SQLITE_DBCONFIG_DQS_DDL, 0},
  };
  for (const auto& [setting, value] : settings) {
    const int set = sqlite3_db_config(handle, setting, value, nullptr);
    if (set != SQLITE_OK) return fail(sqlite_error(handle, set, "cannot open the database", path));
  }
  GROUNDS_RETURN_IF_ERROR(
      state->exec("PRAGMA cell_size_check=ON; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0",
                  "cannot open the database"));
  GROUNDS_ASSIGN_OR_RETURN(const std::string journal,
                           query_text(handle, "PRAGMA journal_mode", path));
  if (journal != "wal" && mode != DatabaseMode::kReadOnly) {
    if (!create) {
      GROUNDS_ASSIGN_OR_RETURN(lock, file_system.lock(state->lock_path));
    }
    GROUNDS_ASSIGN_OR_RETURN(const std::string now,
                             query_text(handle, "PRAGMA journal_mode=WAL", path));
    if (now != "wal") {
      return fail(ErrorCode::kUnavailable,
                  "cannot switch the database to write-ahead logging: " + path,
                  "keep the workspace on a local disk");
    }
  }
  // Reads the header and the schema: a file that is no database is found now.
  GROUNDS_RETURN_IF_ERROR(query_text(handle, "SELECT count(*) FROM sqlite_schema", path));
  GROUNDS_ASSIGN_OR_RETURN(const std::string page_size,
                           query_text(handle, "PRAGMA page_size", path));
  state->page_size = std::max(512L, std::strtol(page_size.c_str(), nullptr, 10));
  // Takes the place of SQLite's automatic checkpoints.
  sqlite3_wal_hook(handle, note_wal_frames, &state->wal_frames);
  return Database(std::move(state));
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* prepared = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(state_->handle, sql.data(), static_cast<int>(sql.size()), 0,
                                      &prepared, &rest);
  if (code != SQLITE_OK) {
    Error error = sqlite_error(state_->handle, code, "the database cannot do this", state_->path);
    if (error.code == ErrorCode::kInternal) error.message += " in \"" + std::string(sql) + "\"";
    return fail(std::move(error));
  }
  if (prepared == nullptr) return fail(ErrorCode::kInternal, "an empty SQL statement");
  Statement statement(prepared, &state_->may_write);
  if (!trim(sql.substr(static_cast<std::size_t>(rest - sql.data()))).empty()) {
    return fail(ErrorCode::kInternal, "more than one SQL statement: \"" + std::string(sql) + "\"");
  }
  return statement;
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
  return state_->end_writing(statement.run());
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
      if (code != SQLITE_OK)
        return fail(
            sqlite_error(state_->handle, code, "the database cannot do this", state_->path));
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
      return fail(ErrorCode::kInternal,
                  "SQL text leaves a transaction open; use Transaction: " + state_->path);
    }
    return {};
  };
  Status done = run_all();
  if (locked_here) {
    done = state_->end_writing(std::move(done));
  } else if (!done && !in_transaction && sqlite3_get_autocommit(state_->handle) == 0) {
    sqlite3_exec(state_->handle, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  return done;
}

Status Database::checkpoint() {
  if (state_->may_write)
    return fail(ErrorCode::kInternal, "a checkpoint inside a transaction: " + state_->path);
  GROUNDS_ASSIGN_OR_RETURN(const FileLock lock, state_->lock());
  return state_->checkpoint_locked();
}

std::int64_t Database::last_insert_rowid() const {
  return sqlite3_last_insert_rowid(state_->handle);
}
std::int64_t Database::changes() const {
  return sqlite3_changes64(state_->handle);
}
const std::string& Database::path() const {
  return state_->path;
}
sqlite3* Database::handle() const {
  return state_->handle;
}

}  // namespace grounds
