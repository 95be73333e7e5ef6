// Records as lines of JSON, as they leave the machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/sqlite.h"
#include "ledger/ledger.h"

namespace grounds {

// The lines of the records after `after`, up to and with `last`, as many as make about 4 MiB. `after`
// becomes the last one read. From within a ReadTransaction.
Result<std::vector<std::string>> read_lines(Database& database, std::int64_t& after, std::int64_t last, bool texts);

}  // namespace grounds
