#include "ledger/changes.h"

#include <algorithm>
#include <set>

#include "ledger/signing_key.h"

namespace grounds {

// ---- append

Status AppendChange::check(Writer& writer) {
  const PreparedEntry& first = entries_.front();
  GROUNDS_ASSIGN_OR_RETURN(const AnswerState state, writer.state(first.answer_id));
  if (first.kind == EntryKind::kOpened) {
    if (state.opened != 0)
      return fail(ErrorCode::kUsage, "answer " + first.answer_id + " is on record already",
                  "every answer needs an id of its own");
    if (state.closed != 0)
      return fail(ErrorCode::kDamaged, "answer " + first.answer_id + " is closed on record, but not opened",
                  "run 'grounds verify'");
    return {};
  }
  if (state.opened == 0)
    return fail(ErrorCode::kNotFound, "answer " + first.answer_id + " was never opened, so it cannot be closed");
  if (state.closed != 0)
    return fail(ErrorCode::kUsage, "answer " + first.answer_id + " is closed already",
                "what is on record is never written twice");
  for (const PreparedText& text : first.texts) {
    GROUNDS_ASSIGN_OR_RETURN(const bool taken, writer.has_text(state.opened, text.name));
    if (taken)
      return fail(ErrorCode::kUsage, "answer " + first.answer_id + " has a text '" + text.name + "' on record already");
  }
  return {};
}

Status AppendChange::apply(Writer& writer) {
  places_.clear();
  for (const PreparedEntry& entry : entries_) {
    GROUNDS_ASSIGN_OR_RETURN(EntryPlace place, writer.append(entry));
    places_.push_back(std::move(place));
  }
  return {};
}

std::size_t AppendChange::bytes() const {
  std::size_t total = 0;
  for (const PreparedEntry& entry : entries_) total += entry.bytes();
  return total;
}

std::vector<LedgerEntry> AppendChange::take_entries() {
  std::vector<LedgerEntry> entries;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    PreparedEntry& prepared = entries_[i];
    LedgerEntry entry;
    entry.sequence = places_[i].sequence;
    entry.answer_id = std::move(prepared.answer_id);
    entry.kind = prepared.kind;
    entry.time = places_[i].time;
    entry.body = std::move(prepared.body);
    for (PreparedText& text : prepared.texts)
      entry.commitments.emplace(std::move(text.name), std::move(text.commitment));
    entry.hash = std::move(places_[i].hash);
    entry.previous = std::move(places_[i].previous);
    entries.push_back(std::move(entry));
  }
  return entries;
}

// ---- anchor

Status AnchorChange::check(Writer& writer) {
  // The lock file is held: no other process makes a key now.
  auto key = SigningKey::read(file_system_, key_path_);
  if (!key && key.error().code == ErrorCode::kNotFound) key = SigningKey::create(file_system_, key_path_, random_);
  if (!key) return fail(std::move(key).error());
  const LedgerHead head = head_ ? *head_ : LedgerHead{writer.head(), writer.records(), 0};
  GROUNDS_ASSIGN_OR_RETURN(signed_head_, key->sign(head.hash, head.records, writer.now()));
  return {};
}

Status AnchorChange::apply(Writer& writer) {
  return writer.database().run("INSERT INTO anchors (records, time, head, signature, key) VALUES (?, ?, ?, ?, ?)",
                               signed_head_.records, signed_head_.time, signed_head_.head, signed_head_.signature,
                               signed_head_.key);
}

// ---- erase

Status EraseChange::check(Writer&) { return {}; }

Status EraseChange::apply(Writer& writer) {
  receipt_ = {};
  for (const std::string& answer_id : answer_ids_) GROUNDS_RETURN_IF_ERROR(erase(writer, answer_id));
  return {};
}

Status EraseChange::erase(Writer& writer, const std::string& answer_id) {
  GROUNDS_ASSIGN_OR_RETURN(const AnswerState state, writer.state(answer_id));
  if (state.opened == 0 && state.closed == 0) {
    receipt_.unknown.push_back(answer_id);
    return {};
  }
  std::set<std::string> erased;
  {
    GROUNDS_ASSIGN_OR_RETURN(Statement rows,
                             writer.database().prepare("SELECT name FROM texts WHERE sequence IN (?, ?) AND "
                                                       "(text IS NOT NULL OR salt IS NOT NULL)"));
    rows.bind(state.opened, state.closed);
    while (true) {
      GROUNDS_ASSIGN_OR_RETURN(const bool row, rows.step());
      if (!row) break;
      std::string name = rows.text(0);
      if (names_.empty() || std::find(names_.begin(), names_.end(), name) != names_.end()) erased.insert(std::move(name));
    }
  }
  if (erased.empty()) return {};
  for (const std::string& name : erased)
    GROUNDS_RETURN_IF_ERROR(writer.database().run(
        "UPDATE texts SET text = NULL, salt = NULL, erased = ? WHERE sequence IN (?, ?) AND name = ?", writer.now(),
        state.opened, state.closed, name));
  GROUNDS_ASSIGN_OR_RETURN(const PreparedEntry entry,
                           prepare_entry(answer_id, EntryKind::kErased,
                                         {{{"names", erased}, {"reason", reason_}}, {}}, random_));
  GROUNDS_RETURN_IF_ERROR(writer.append(entry));
  ++receipt_.answers;
  receipt_.texts += static_cast<std::int64_t>(erased.size());
  return {};
}

}  // namespace grounds
