// Emptying a database's write-ahead log, so that no old page of it stays on the disk.
#pragma once

#include <string>

#include "base/file_system.h"
#include "grounds/result.h"

namespace grounds {

// Moves the log into the database and cuts it to nothing. False: a reader holds it, so that old pages stay until
// a later call. Does not wait for readers.
Result<bool> empty_log(const FileSystem& file_system, const std::string& database_path);

}  // namespace grounds
