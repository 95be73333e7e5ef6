#include <sqlite3.h>

#include <utility>

#include "base/sqlite.h"
#include "base/sqlite_state.h"

namespace grounds {

Transaction::Transaction(Database::State& state, FileLock lock)
    : state_(&state), lock_(std::move(lock)) {}

Transaction::Transaction(Transaction&& other) noexcept
    : state_(std::exchange(other.state_, nullptr)), lock_(std::move(other.lock_)) {}

Result<Transaction> Transaction::begin(Database& database) {
  Database::State& state = *database.state_;
  if (state.may_write)
    return fail(ErrorCode::kInternal, "a transaction inside a transaction: " + state.path);
  GROUNDS_ASSIGN_OR_RETURN(FileLock lock, state.lock());
  GROUNDS_RETURN_IF_ERROR(state.exec("BEGIN IMMEDIATE", "cannot begin a transaction"));
  state.begin_writing();
  return Transaction(state, std::move(lock));
}

Transaction::~Transaction() {
  if (state_ == nullptr) return;
  static_cast<void>(state_->end_writing(fail(Error{})));  // any failure: it is undone
}

Status Transaction::commit() {
  if (state_ == nullptr) return fail(ErrorCode::kInternal, "a transaction was committed twice");
  Database::State& state = *std::exchange(state_, nullptr);
  const FileLock lock = std::move(lock_);
  return state.end_writing(state.exec("COMMIT", "cannot commit"));
}

ReadTransaction::ReadTransaction(Database::State& state) : state_(&state) {
  ++state.reads;
}

ReadTransaction::ReadTransaction(ReadTransaction&& other) noexcept
    : state_(std::exchange(other.state_, nullptr)) {}

Result<ReadTransaction> ReadTransaction::begin(Database& database) {
  Database::State& state = *database.state_;
  // BEGIN alone takes no snapshot: the first read does. Read here, so that "now" is now.
  GROUNDS_RETURN_IF_ERROR(
      state.exec("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1", "cannot begin reading"));
  return ReadTransaction(state);
}

ReadTransaction::~ReadTransaction() {
  if (state_ == nullptr) return;
  --state_->reads;
  // With nothing written a rollback ends it as well as a commit does, and cannot fail.
  sqlite3_exec(state_->handle, "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace grounds
