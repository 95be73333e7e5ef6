// Reading the ledger: connections on loan to threads, and the rows of one answer.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/sqlite.h"
#include "ledger/entry_codec.h"
#include "ledger/ledger.h"

namespace grounds {

// Read connections, each used by one thread at a time and given back. Thread-safe.
class ReaderPool {
 public:
  ReaderPool(const FileSystem& file_system, std::string path) : file_system_(file_system), path_(std::move(path)) {}

  class Loan {
   public:
    Loan(ReaderPool& pool, std::unique_ptr<Database> database) : pool_(&pool), database_(std::move(database)) {}
    Loan(Loan&& other) noexcept = default;
    Loan& operator=(Loan&&) = delete;
    ~Loan();
    Database& operator*() { return *database_; }
    // After an error: the connection is closed, not given back.
    void discard() { database_.reset(); }

   private:
    ReaderPool* pool_;
    std::unique_ptr<Database> database_;
  };
  Result<Loan> borrow();

 private:
  static constexpr std::size_t kMaxIdle = 4;
  const FileSystem& file_system_;
  const std::string path_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Database>> idle_;  // guarded by mutex_
};

// The columns of `entries` in the order in which columns_of() reads them.
inline constexpr std::string_view kEntryColumns =
    "sequence, answer_id, kind, time, hash_alg, previous, hash, commitments, body";
// Views into the statement's present row: valid until its next step.
EntryColumns columns_of(const Statement& statement);

// Each from within a ReadTransaction.
Result<LedgerHead> read_head(Database& database);
Result<RecordedAnswer> read_answer(Database& database, const std::string& answer_id);
Result<std::vector<Ledger::Summary>> read_summaries(Database& database, std::int64_t limit,
                                                    const std::string& before_id);

}  // namespace grounds
