// Whether a workspace is whole: what `grounds doctor` reports, and what it can mend.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "grounds/result.h"

namespace grounds {

struct DoctorFinding {
  std::string severity;   // "damage": data is lost or wrong; "garbage": files nobody needs
  std::string subject;    // the file, chunk or record
  std::string detail;
  std::string hint;
};

struct DoctorReport {
  std::vector<DoctorFinding> findings;
  std::uint64_t segments = 0, chunks = 0, packs = 0, documents = 0, records = 0;
  std::uint64_t ledger_problems = 0;  // the findings whose subject begins with kLedgerRecord, all counted
  static constexpr std::string_view kLedgerRecord = "ledger record ";
  std::uint64_t removed = 0;   // unpublished files removed
  bool damaged() const;
};

// Reads every byte: SQLite's integrity, all segments and packs against their checksums, chunks of the
// catalog against those of the segments, extracts against their hashes, the ledger's chain, what is kept of backends, templates that were added. Removes
// files that no commit published (left by a killed job) if `fix`, waiting for a backup in progress; none
// while the catalog itself is damaged, as only its rows say which they are.
Result<DoctorReport> examine(Engine& engine, bool fix);

}  // namespace grounds
