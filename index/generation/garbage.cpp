#include "index/generation/garbage.h"

#include <set>
#include <string>

namespace grounds {
namespace {

std::string pause_path(const Workspace& workspace) { return workspace.directory() + "/catalog.db.garbage.lock"; }

Status list_in(Workspace& workspace, Database& database, const std::string& folder, std::string_view named,
               std::vector<std::string>& garbage) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, database.prepare(named));
  std::set<std::string> known;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) break;
    known.insert(statement.text(0));
  }
  GROUNDS_ASSIGN_OR_RETURN(std::vector<DirectoryEntry> entries,
                           workspace.file_system().list(workspace.directory() + "/" + folder));
  for (const DirectoryEntry& entry : entries) {
    // A graph belongs to the segment whose name it carries on; one that was not finished belongs to nobody.
    constexpr std::string_view kGraph = ".graph";
    const bool is_graph = entry.name.ends_with(kGraph);
    const std::string owner = is_graph ? entry.name.substr(0, entry.name.size() - kGraph.size()) : entry.name;
    if (!known.contains(owner)) garbage.push_back(folder + "/" + entry.name);
  }
  return {};
}

}  // namespace

Result<FileLock> pause_garbage_collection(Workspace& workspace) {
  return workspace.file_system().lock(pause_path(workspace));
}

Result<std::vector<std::string>> list_garbage(Workspace& workspace, Database& database) {
  std::vector<std::string> garbage;
  GROUNDS_RETURN_IF_ERROR(list_in(workspace, database, "segments", "SELECT file FROM segments", garbage));
  GROUNDS_RETURN_IF_ERROR(list_in(workspace, database, "extracts", "SELECT file FROM packs", garbage));
  return garbage;
}

Result<std::uint64_t> collect_garbage(Workspace& workspace, WhilePaused paused) {
  auto turn = workspace.file_system().lock(pause_path(workspace), paused == WhilePaused::kWait ? -1 : 0);
  if (!turn) {
    if (paused == WhilePaused::kWait) return fail(std::move(turn).error());
    return 0;
  }
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  std::vector<std::string> garbage;
  {
    // Under the lock no commit is between writing its files and naming them.
    GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
    GROUNDS_ASSIGN_OR_RETURN(garbage, list_garbage(workspace, *catalog));
    if (garbage.empty()) return 0;
    // What the catalog shows is not yet what it will show. A process killed right after the sync of its
    // commit leaves it whole in the log, but not in the log's shared index: open connections do not see it,
    // and it comes back when the last of them is gone and the log is read again, with the files that it
    // names. A commit of our own takes its place in the log and so ends it; only then nobody needs them.
    // The value is new each time, so that no two of these commits are alike.
    GROUNDS_RETURN_IF_ERROR(catalog->run("INSERT INTO meta (key, value) VALUES ('garbage_collection', ?) "
                                         "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                                         workspace.new_id()));
    GROUNDS_RETURN_IF_ERROR(transaction.commit());
  }
  // Names are never used again, so that no commit since can have named one of these.
  std::uint64_t removed = 0;
  for (const std::string& name : garbage) {
    auto done = workspace.file_system().remove(workspace.directory() + "/" + name);
    if (done) ++removed;
    else if (done.error().code != ErrorCode::kNotFound) return fail(std::move(done).error());  // gone: by its writer
  }
  return removed;
}

}  // namespace grounds
