#include "index/generation/garbage.h"

#include <set>
#include <string>

namespace grounds {
namespace {

std::string pause_path(const Workspace& workspace) { return workspace.directory() + "/catalog.db.garbage.lock"; }

Result<std::uint64_t> collect_in(Workspace& workspace, Database& database, const std::string& folder,
                                 std::string_view named) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, database.prepare(named));
  std::set<std::string> known;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) break;
    known.insert(statement.text(0));
  }
  const std::string directory = workspace.directory() + "/" + folder;
  GROUNDS_ASSIGN_OR_RETURN(std::vector<DirectoryEntry> entries, workspace.file_system().list(directory));
  std::uint64_t removed = 0;
  for (const DirectoryEntry& entry : entries) {
    // A graph belongs to the segment whose name it carries on.
    const std::string owner = entry.name.substr(0, entry.name.rfind(".graph"));
    if (known.contains(entry.name) || known.contains(owner)) continue;
    GROUNDS_RETURN_IF_ERROR(workspace.file_system().remove(directory + "/" + entry.name));
    ++removed;
  }
  return removed;
}

}  // namespace

Result<FileLock> pause_garbage_collection(Workspace& workspace) {
  return workspace.file_system().lock(pause_path(workspace));
}

Result<std::uint64_t> collect_garbage(Workspace& workspace) {
  auto turn = workspace.file_system().lock(pause_path(workspace), 0);
  if (!turn) return 0;
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  // Only for the lock: no commit is between writing its files and naming them. Rolled back.
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  GROUNDS_ASSIGN_OR_RETURN(std::uint64_t segments,
                           collect_in(workspace, *catalog, "segments", "SELECT file FROM segments"));
  GROUNDS_ASSIGN_OR_RETURN(std::uint64_t packs, collect_in(workspace, *catalog, "extracts", "SELECT file FROM packs"));
  return segments + packs;
}

}  // namespace grounds
