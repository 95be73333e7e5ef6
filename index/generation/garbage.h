// Files that no catalog row names: left by a killed process, or by a merge whose readers still had them.
#pragma once

#include <cstdint>

#include "base/file_system.h"
#include "grounds/result.h"
#include "index/generation/workspace.h"

namespace grounds {

// Holds the removal of files back, in every process, as long as the lock is held: for whoever copies
// them (a backup). Waits for a removal in progress.
Result<FileLock> pause_garbage_collection(Workspace& workspace);

// Removes unnamed files of segments/ and extracts/, and says how many; none while paused. Takes the
// catalog's lock, under which commits write theirs. Readers are not disturbed: what they have mapped
// stays with them, and who comes too late to open a file reads the catalog again.
Result<std::uint64_t> collect_garbage(Workspace& workspace);

}  // namespace grounds
