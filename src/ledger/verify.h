// Verification: what the file says, recomputed and named where it does not hold together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sqlite.h"
#include "ledger/ledger.h"

namespace grounds {

// Problems as they are found. Keeps a bounded number, counts all.
class ProblemList {
 public:
  void add(std::int64_t record, std::string_view kind, std::string detail);
  std::int64_t count() const { return count_; }
  std::vector<LedgerProblem>& kept() { return kept_; }
  // Takes back one kept problem of this record and kind; false if there is none.
  bool remove(std::int64_t record, std::string_view kind);

 private:
  static constexpr std::size_t kMaxKept = 10 * VerifyResult::kMaxProblems;
  std::vector<LedgerProblem> kept_;
  std::int64_t count_ = 0;
};

// A head that the chain has to contain.
struct HeadCheck {
  LedgerHead head;
  std::string name;  // "the kept head", "anchor 3 of 2026-11-24T08:09:10.123Z"
};

struct ChainReport {
  std::int64_t records = 0;
  std::string head;
  std::optional<LedgerHead> anchored;          // the last of the heads that stands on an intact chain
  std::optional<UnixMillis> unanchored_since;  // time of the first record after it
  std::vector<LedgerProblem> notes;
  std::vector<std::int64_t> changed;           // records whose hash does not fit their content
};

// Each from within one ReadTransaction.
//
// One pass over entries and texts in order: hashes, links, gaps, commitments, and the heads (sorted by
// number of records). Memory does not grow with the chain.
Result<ChainReport> verify_chain(Database& database, const std::vector<HeadCheck>& heads, ProblemList& problems);
// Of records whose hash does not fit: names those that are whole but stand in another place.
Status name_displaced(Database& database, const std::vector<std::int64_t>& changed, ProblemList& problems);
// Per answer: one opened, at most one closed, in this order. Returns how many are not closed.
Result<std::int64_t> verify_answers(Database& database, ProblemList& problems);

// All of it. `public_key`: the workspace's, hex; empty if there is none yet.
Result<VerifyResult> verify_ledger(Database& database, const std::optional<LedgerHead>& kept,
                                   const std::string& public_key);

}  // namespace grounds
