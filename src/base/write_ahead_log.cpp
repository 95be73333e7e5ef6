#include "base/write_ahead_log.h"

#include "base/sqlite.h"

namespace grounds {

Result<bool> empty_log(const FileSystem& file_system, const std::string& database_path) {
  GROUNDS_ASSIGN_OR_RETURN(Database database, Database::open(file_system, database_path, DatabaseMode::kReadWrite));
  GROUNDS_RETURN_IF_ERROR(database.execute("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)"));
  const auto log = file_system.status(database_path + "-wal");
  if (!log) {
    if (log.error().code == ErrorCode::kNotFound) return true;
    return fail(Error(log.error()));
  }
  if (log->size > 0) return false;
  // Cutting a file is not durable by itself: after a loss of power the old pages would be back.
  GROUNDS_ASSIGN_OR_RETURN(File file, file_system.open(database_path + "-wal", OpenMode::kReadWrite));
  GROUNDS_RETURN_IF_ERROR(file.sync());
  return true;
}

}  // namespace grounds
