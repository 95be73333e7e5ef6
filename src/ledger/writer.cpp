#include "ledger/writer.h"

namespace grounds {

Result<std::unique_ptr<Writer>> Writer::open(const FileSystem& file_system, const std::string& path,
                                             const Clock& clock) {
  GROUNDS_ASSIGN_OR_RETURN(Database database, Database::open(file_system, path, DatabaseMode::kReadWrite));
  std::unique_ptr<Writer> writer(new Writer(std::move(database), clock));
  GROUNDS_RETURN_IF_ERROR(writer->prepare());
  return writer;
}

Status Writer::prepare() {
  // What is erased is overwritten, not only unlinked.
  GROUNDS_RETURN_IF_ERROR(database_.execute("PRAGMA secure_delete = ON"));
  GROUNDS_ASSIGN_OR_RETURN(
      read_head_, database_.prepare("SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1"));
  GROUNDS_ASSIGN_OR_RETURN(
      find_entries_, database_.prepare("SELECT kind, sequence FROM entries WHERE answer_id = ? ORDER BY kind"));
  GROUNDS_ASSIGN_OR_RETURN(find_text_, database_.prepare("SELECT 1 FROM texts WHERE sequence = ? AND name = ?"));
  GROUNDS_ASSIGN_OR_RETURN(
      insert_entry_,
      database_.prepare("INSERT INTO entries (sequence, answer_id, kind, time, hash_alg, previous, hash, "
                        "commitments, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  GROUNDS_ASSIGN_OR_RETURN(
      insert_text_,
      database_.prepare("INSERT INTO texts (sequence, name, answer_id, salt, text) VALUES (?, ?, ?, ?, ?)"));
  return {};
}

Result<Transaction> Writer::begin() {
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database_));
  GROUNDS_ASSIGN_OR_RETURN(const bool found, read_head_.bind().step());
  records_ = found ? read_head_.integer(0) : 0;
  head_ = found ? read_head_.text(1) : std::string(kNoHash);
  read_head_.reset();
  if (records_ < 0 || !is_hash(head_))
    return fail(ErrorCode::kDamaged,
                "the last record of the ledger (" + std::to_string(records_) + ") is damaged: " + database_.path(),
                "run 'grounds verify', then restore ledger.db from a backup; until then no answer can be recorded");
  return transaction;
}

Result<EntryPlace> Writer::append(const PreparedEntry& entry) {
  EntryPlace place{records_ + 1, clock_.now(), head_, {}};
  const std::string_view kind = entry_kind_name(entry.kind);
  place.hash = entry_hash({.sequence = place.sequence,
                           .answer_id = entry.answer_id,
                           .kind = kind,
                           .time = place.time,
                           .hash_alg = kHashAlgorithm,
                           .previous = place.previous,
                           .hash = {},
                           .commitments = entry.commitments_bytes,
                           .body = entry.body_bytes});
  GROUNDS_RETURN_IF_ERROR(insert_entry_
                              .bind(place.sequence, entry.answer_id, kind, place.time, kHashAlgorithm, place.previous,
                                    place.hash, entry.commitments_bytes, entry.body_bytes)
                              .run());
  for (const PreparedText& text : entry.texts) {
    const std::span<const std::uint8_t> salt(text.salt);
    GROUNDS_RETURN_IF_ERROR(insert_text_.bind(place.sequence, text.name, entry.answer_id, salt, text.text).run());
  }
  records_ = place.sequence;
  head_ = place.hash;
  return place;
}

Result<AnswerState> Writer::state(const std::string& answer_id) {
  AnswerState state;
  find_entries_.bind(answer_id);
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(const bool row, find_entries_.step());
    if (!row) break;
    const std::string_view kind = find_entries_.text_view(0);
    if (kind == entry_kind_name(EntryKind::kOpened)) state.opened = find_entries_.integer(1);
    if (kind == entry_kind_name(EntryKind::kClosed)) state.closed = find_entries_.integer(1);
  }
  find_entries_.reset();
  return state;
}

Result<bool> Writer::has_text(std::int64_t sequence, std::string_view name) {
  GROUNDS_ASSIGN_OR_RETURN(const bool found, find_text_.bind(sequence, name).step());
  find_text_.reset();
  return found;
}

}  // namespace grounds
