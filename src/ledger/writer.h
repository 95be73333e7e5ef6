// The one connection through which a process extends the chain, and the place where it stands.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/sqlite.h"
#include "ledger/entry_codec.h"

namespace grounds {

// Where an entry came to stand.
struct EntryPlace {
  std::int64_t sequence = 0;
  UnixMillis time = 0;
  std::string previous;
  std::string hash;
};

// What the chain says of one answer: sequence numbers, 0 where there is none.
struct AnswerState {
  std::int64_t opened = 0;
  std::int64_t closed = 0;
};

// Not thread-safe; all but open() between begin() and the end of its transaction.
class Writer {
 public:
  static Result<std::unique_ptr<Writer>> open(const FileSystem& file_system, const std::string& path,
                                              const Clock& clock);

  // Takes the lock file, then reads the head: other processes may have appended.
  Result<Transaction> begin();
  Result<EntryPlace> append(const PreparedEntry& entry);
  Result<AnswerState> state(const std::string& answer_id);
  Result<bool> has_text(std::int64_t sequence, std::string_view name);

  std::int64_t records() const { return records_; }
  const std::string& head() const { return head_; }
  UnixMillis now() const { return clock_.now(); }
  Database& database() { return database_; }

 private:
  Writer(Database database, const Clock& clock) : database_(std::move(database)), clock_(clock) {}
  Status prepare();

  Database database_;  // before the statements, which must not outlive it
  const Clock& clock_;
  Statement read_head_, find_entries_, find_text_, insert_entry_, insert_text_;
  std::int64_t records_ = 0;
  std::string head_;
};

}  // namespace grounds
