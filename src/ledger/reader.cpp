#include "ledger/reader.h"

#include "base/utf8.h"

namespace grounds {

Error unknown_answer(const std::string& answer_id) {
  return {ErrorCode::kNotFound, "no answer '" + replace_invalid_utf8(answer_id) + "' in this workspace",
          "'grounds answers list' shows the recorded ones; ids belong to one workspace"};
}
namespace {

Status read_texts(Database& database, const LedgerEntry& entry, RecordedAnswer& answer) {
  GROUNDS_ASSIGN_OR_RETURN(Statement rows,
                           database.prepare("SELECT name, erased, salt, text FROM texts WHERE sequence = ?"));
  rows.bind(entry.sequence);
  std::map<std::string, std::string> missing = entry.commitments;
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(const bool row, rows.step());
    if (!row) break;
    const std::string name = rows.text(0);
    const auto expected = missing.find(name);
    if (expected == missing.end()) {
      answer.problems.push_back({entry.sequence, "unknown_text", "text '" + name + "' is not one the record knows of"});
      continue;
    }
    if (!rows.is_null(1) && rows.is_null(3)) {
      answer.erased.push_back(name);
    } else if (rows.is_null(3) || rows.is_null(2)) {
      continue;  // blanked by hand: reported as missing below
    } else if (rows.blob(2).size() != kSaltBytes ||
               text_commitment(rows.blob(2), rows.text_view(3)) != expected->second) {
      answer.problems.push_back({entry.sequence, "commitment", "text '" + name + "' is not the one that was recorded"});
    } else {
      answer.texts[name] = rows.text(3);
    }
    missing.erase(expected);
  }
  for (const auto& [name, commitment] : missing)
    answer.problems.push_back({entry.sequence, "missing_text", "text '" + name + "' is gone and was not erased"});
  return {};
}

}  // namespace

ReaderPool::Loan::~Loan() {
  if (!database_) return;
  const std::lock_guard lock(pool_->mutex_);
  if (pool_->idle_.size() < kMaxIdle) pool_->idle_.push_back(std::move(database_));
}

Result<ReaderPool::Loan> ReaderPool::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Loan loan(*this, std::move(idle_.back()));
      idle_.pop_back();
      return loan;
    }
  }
  GROUNDS_ASSIGN_OR_RETURN(Database database, Database::open(file_system_, path_, DatabaseMode::kReadOnly));
  return Loan(*this, std::make_unique<Database>(std::move(database)));
}

EntryColumns columns_of(const Statement& statement) {
  return {.sequence = statement.integer(0),
          .answer_id = statement.text_view(1),
          .kind = statement.text_view(2),
          .time = statement.integer(3),
          .hash_alg = statement.text_view(4),
          .previous = statement.text_view(5),
          .hash = statement.text_view(6),
          .commitments = statement.text_view(7),
          .body = statement.text_view(8)};
}

Result<LedgerHead> read_head(Database& database) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement row, database.prepare("SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1"));
  GROUNDS_ASSIGN_OR_RETURN(const bool found, row.step());
  if (!found) return LedgerHead{std::string(kNoHash), 0, 0};
  return LedgerHead{row.text(1), row.integer(0), 0};
}

Result<RecordedAnswer> read_answer(Database& database, const std::string& answer_id) {
  GROUNDS_ASSIGN_OR_RETURN(Statement rows, database.prepare("SELECT " + std::string(kEntryColumns) +
                                                            " FROM entries WHERE answer_id = ? ORDER BY sequence"));
  rows.bind(answer_id);
  RecordedAnswer answer;
  answer.answer_id = answer_id;
  std::optional<LedgerEntry> opened;
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(const bool row, rows.step());
    if (!row) break;
    const EntryColumns columns = columns_of(rows);
    if (column_defect(columns) || entry_hash(columns) != columns.hash)
      answer.problems.push_back({columns.sequence, "hash", "the record was changed after it was written"});
    GROUNDS_ASSIGN_OR_RETURN(LedgerEntry entry, decode_entry(columns));
    if (entry.kind == EntryKind::kOpened) opened = std::move(entry);
    else if (entry.kind == EntryKind::kClosed) answer.closed = std::move(entry);
  }
  if (!opened && !answer.closed)
    return fail(unknown_answer(answer_id));
  if (!opened)
    return fail(ErrorCode::kDamaged, "the opening record of answer " + answer_id + " is gone",
                "run 'grounds verify'; restore the ledger from a backup");
  answer.opened = std::move(*opened);
  GROUNDS_RETURN_IF_ERROR(read_texts(database, answer.opened, answer));
  if (answer.closed) GROUNDS_RETURN_IF_ERROR(read_texts(database, *answer.closed, answer));
  return answer;
}

Result<std::vector<Ledger::Summary>> read_summaries(Database& database, std::int64_t limit,
                                                    const std::string& before_id) {
  std::int64_t before = INT64_MAX;
  if (!before_id.empty()) {
    GROUNDS_ASSIGN_OR_RETURN(
        Statement row, database.prepare("SELECT sequence FROM entries WHERE answer_id = ? AND kind = 'opened'"));
    GROUNDS_ASSIGN_OR_RETURN(const bool found, row.bind(before_id).step());
    if (!found)
      return fail(ErrorCode::kNotFound, "no answer '" + replace_invalid_utf8(before_id) + "' in this workspace");
    before = row.integer(0);
  }
  GROUNDS_ASSIGN_OR_RETURN(
      Statement rows,
      database.prepare(
          "SELECT e.answer_id, e.time, t.text, EXISTS (SELECT 1 FROM entries c WHERE c.answer_id = e.answer_id AND "
          "c.kind = 'closed') FROM entries e LEFT JOIN texts t ON t.sequence = e.sequence AND t.name = 'question' "
          "WHERE e.kind = 'opened' AND e.sequence < ? AND "
          // Records of canaries are none of answers. A damaged body is `verify`'s affair.
          "(NOT json_valid(e.body) OR json_extract(e.body, '$.event') IS NOT 'canary') ORDER BY e.sequence DESC LIMIT ?"));
  rows.bind(before, limit < 0 ? 0 : limit);
  std::vector<Ledger::Summary> summaries;
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(const bool row, rows.step());
    if (!row) break;
    summaries.push_back({rows.text(0), rows.integer(1), rows.text(2), rows.integer(3) != 0});
  }
  return summaries;
}

}  // namespace grounds
