// ledger.db: its tables, and the door at which other formats are turned away.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/sqlite.h"

namespace grounds {

inline constexpr std::int64_t kLedgerFormatVersion = 1;

// Opens the file, or creates it with its tables. A newer format is refused (kUsage), a file that is
// no ledger as well (kDamaged).
Status prepare_ledger_file(const FileSystem& file_system, const std::string& path, RandomSource& random,
                           const Clock& clock);

}  // namespace grounds
