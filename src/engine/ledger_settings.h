// The section [ledger] of grounds.toml: what only those commands need that let a head leave the machine.
#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "grounds/result.h"

namespace grounds {

struct LedgerSettings {
  std::vector<std::string> timestamp_command;  // has a head time-stamped; empty: none is
};

// Read from the file at `path` (defaults if there is none); it was found good when the workspace was opened.
Result<LedgerSettings> load_ledger_settings(const FileSystem& file_system, const std::string& path);

}  // namespace grounds
