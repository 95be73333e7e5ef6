// Files that no catalog row names: left by a killed process, or by a merge whose readers still had them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "grounds/result.h"
#include "index/generation/workspace.h"

namespace grounds {

// Holds the removal of files back, in every process, as long as the lock is held: for whoever copies
// them (a backup). Waits for a removal in progress.
Result<FileLock> pause_garbage_collection(Workspace& workspace);

enum class WhilePaused { kLeaveAll, kWait };

// Removes unnamed files of segments/ and extracts/, and says how many. The one place that does. Takes the
// catalog's lock, under which commits write theirs, and writes a row before it removes anything. Readers
// are not disturbed: what they have mapped stays with them, and who comes too late to open a file reads
// the catalog again.
Result<std::uint64_t> collect_garbage(Workspace& workspace, WhilePaused paused = WhilePaused::kLeaveAll);

// The same files by name ("segments/..."), with nothing removed. The caller holds the catalog's lock.
Result<std::vector<std::string>> list_garbage(Workspace& workspace, Database& database);

}  // namespace grounds
