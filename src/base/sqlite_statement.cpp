#include <sqlite3.h>

#include <utility>

#include "base/sqlite.h"
#include "base/sqlite_error.h"

namespace grounds {

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)),
      may_write_(other.may_write_),
      bind_error_(other.bind_error_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  std::swap(may_write_, other.may_write_);
  std::swap(bind_error_, other.bind_error_);
  return *this;
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Result<bool> Statement::step() {
  if (statement_ == nullptr) return fail(ErrorCode::kInternal, "an empty SQL statement was run");
  sqlite3* connection = sqlite3_db_handle(statement_);
  if (bind_error_ != SQLITE_OK) {
    return fail(sqlite_error(
        nullptr, bind_error_,
        std::string("cannot bind the parameters of \"") + sqlite3_sql(statement_) + "\""));
  }
  if (!*may_write_ && !is_readonly()) {
    return fail(ErrorCode::kInternal,
                std::string("a write outside a transaction: \"") + sqlite3_sql(statement_) + "\"");
  }
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Error error = sqlite_error(connection, code, "the database cannot do this");
  sqlite3_reset(statement_);
  if (error.code == ErrorCode::kInternal)
    error.message += std::string(" in \"") + sqlite3_sql(statement_) + "\"";
  return fail(std::move(error));
}

Status Statement::run() {
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(const bool row, step());
    if (!row) break;
  }
  reset();
  return {};
}

void Statement::reset() {
  // Its result repeats the failure that step() has already reported.
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

bool Statement::is_readonly() const {
  return statement_ == nullptr || sqlite3_stmt_readonly(statement_) != 0;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}
double Statement::real(int column) const {
  return sqlite3_column_double(statement_, column);
}
std::string Statement::text(int column) const {
  return std::string(text_view(column));
}

std::string_view Statement::text_view(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::uint8_t> Statement::blob(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void Statement::begin_binding(int count) {
  reset();
  bind_error_ = SQLITE_OK;
  if (statement_ != nullptr && sqlite3_bind_parameter_count(statement_) != count)
    bind_error_ = SQLITE_RANGE;
}

void Statement::note(int code) {
  if (bind_error_ == SQLITE_OK) bind_error_ = code;
}

void Statement::bind_one(int index, std::int64_t value) {
  note(sqlite3_bind_int64(statement_, index, value));
}
void Statement::bind_one(int index, double value) {
  note(sqlite3_bind_double(statement_, index, value));
}
void Statement::bind_one(int index, std::nullptr_t) {
  note(sqlite3_bind_null(statement_, index));
}

void Statement::bind_one(int index, std::string_view value) {
  // SQLite takes a null pointer for NULL; an empty view may hold one and means the empty text.
  const char* data = value.data() != nullptr ? value.data() : "";
  note(sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind_one(int index, std::span<const std::byte> value) {
  if (value.empty())
    note(sqlite3_bind_zeroblob(statement_, index, 0));
  else
    note(sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_STATIC));
}

void Statement::bind_one(int index, std::span<const std::uint8_t> value) {
  bind_one(index, std::as_bytes(value));
}

}  // namespace grounds
