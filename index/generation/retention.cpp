#include "index/generation/retention.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "index/generation/extract_store.h"
#include "index/generation/garbage.h"
#include "index/generation/retained.h"
#include "index/generation/written_files.h"

namespace grounds {
namespace {

constexpr std::uint64_t kPackBatchBytes = 64 * 1024 * 1024;  // held in memory while packs are rewritten
constexpr std::uint64_t kSmallPackBytes = 1024 * 1024;
constexpr std::size_t kManySmallPacks = 32;

struct PackRow {
  std::int64_t id = 0;
  std::uint64_t bytes = 0, used = 0;
};

// The packs to rewrite next, at most a batch of them, and none of `unreadable`; none: all is well.
Result<std::vector<PackRow>> choose_packs(Database& database, double waste, const std::set<std::int64_t>& unreadable) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      database.prepare("SELECT p.id, p.bytes, coalesce((SELECT sum(e.length) FROM extracts e WHERE e.pack = p.id), 0) "
                       "FROM packs p ORDER BY p.id"));
  std::vector<PackRow> wasteful, small;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) break;
    PackRow pack{statement.integer(0), static_cast<std::uint64_t>(statement.integer(1)),
                 static_cast<std::uint64_t>(statement.integer(2))};
    if (unreadable.contains(pack.id)) continue;
    if (static_cast<double>(pack.used) < static_cast<double>(pack.bytes) * (1 - waste)) wasteful.push_back(pack);
    else if (pack.bytes < kSmallPackBytes) small.push_back(pack);
  }
  if (small.size() >= kManySmallPacks) wasteful.insert(wasteful.end(), small.begin(), small.end());
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < wasteful.size(); ++i) {
    bytes += wasteful[i].used;
    if (bytes > kPackBatchBytes && i > 0) {
      wasteful.resize(i);
      break;
    }
  }
  return wasteful;
}

// The extracts of a pack, in order.
Result<std::vector<std::string>> read_pack(Database& database, std::int64_t pack, ExtractStore& store) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           database.prepare("SELECT sha256 FROM extracts WHERE pack = ? ORDER BY \"offset\""));
  statement.bind(pack);
  std::vector<std::string> blobs;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return blobs;
    GROUNDS_ASSIGN_OR_RETURN(std::string blob, store.read(statement.text(0)));
    blobs.push_back(std::move(blob));
  }
}

// Adds what can be read to the new pack, and takes the packs that cannot, if they may be passed over, off the list: they
// stay as they are.
Status gather(Database& database, ExtractStore& store, std::vector<PackRow>& packs, ExtractPackWriter& writer,
              bool may_pass_over, std::set<std::int64_t>& unreadable) {
  std::vector<PackRow> readable;
  for (const PackRow& pack : packs) {
    auto blobs = read_pack(database, pack.id, store);
    if (blobs) {
      for (const std::string& blob : *blobs) writer.add(blob);
      readable.push_back(pack);
    } else if (may_pass_over && blobs.error().code == ErrorCode::kDamaged) {
      unreadable.insert(pack.id);
      log_warning("an extract pack cannot be rewritten and stays as it is: " + blobs.error().message);
    } else {
      return fail(std::move(blobs).error());
    }
  }
  packs = std::move(readable);
  return {};
}

// How many packs were rewritten or found unreadable; 0: nothing is left to do.
Result<std::uint64_t> compact_once(Workspace& workspace, ExtractStore& store, double waste,
                                   std::set<std::int64_t>& unreadable, std::uint64_t& replaced) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  WrittenFiles written(workspace.file_system());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  GROUNDS_ASSIGN_OR_RETURN(std::vector<PackRow> packs, choose_packs(*catalog, waste, unreadable));
  const std::uint64_t chosen = packs.size();
  ExtractPackWriter writer;
  GROUNDS_RETURN_IF_ERROR(gather(*catalog, store, packs, writer, waste > 0, unreadable));
  if (packs.empty()) return chosen;
  if (!writer.empty()) {
    const std::string file = workspace.new_id() + ".pack";
    GROUNDS_RETURN_IF_ERROR(writer.write(workspace.file_system(), workspace.extract_path(file)));
    written.add(workspace.extract_path(file));
    GROUNDS_RETURN_IF_ERROR(catalog->run("INSERT INTO packs (file, bytes) VALUES (?, ?)", file, writer.bytes()));
    const std::int64_t pack = catalog->last_insert_rowid();
    for (const PackedBlob& blob : writer.blobs())
      GROUNDS_RETURN_IF_ERROR(catalog->run("UPDATE extracts SET pack = ?, \"offset\" = ? WHERE sha256 = ?", pack,
                                           blob.offset, blob.sha256));
  }
  for (const PackRow& pack : packs) GROUNDS_RETURN_IF_ERROR(catalog->run("DELETE FROM packs WHERE id = ?", pack.id));
  written.keep();
  GROUNDS_RETURN_IF_ERROR(transaction.commit());
  replaced += packs.size();
  return chosen;
}

// The generations before the last `retain` ones that are not pruned and not in use.
Result<std::vector<Generation>> old_generations(Database& database, std::int64_t collection, std::int64_t retain,
                                                const std::set<Generation>& used) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      database.prepare("SELECT generation FROM generations WHERE collection = ?1 AND pruned IS NULL AND generation < "
                       "(SELECT max(generation) FROM generations WHERE collection = ?1) - ?2"));
  statement.bind(collection, retain);
  std::vector<Generation> old;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return old;
    const auto generation = static_cast<Generation>(statement.integer(0));
    if (!used.contains(generation)) old.push_back(generation);
  }
}

}  // namespace

Status remove_unreferenced_extracts(Database& database) {
  GROUNDS_RETURN_IF_ERROR(database.run(
      "DELETE FROM extracts WHERE sha256 NOT IN (SELECT extract_sha256 FROM versions UNION ALL "
      "SELECT map_sha256 FROM versions)"));
  return database.run("DELETE FROM packs WHERE id NOT IN (SELECT pack FROM extracts)");
}

Result<std::uint64_t> prune_generations(Workspace& workspace, const Collection& collection,
                                        const GenerationsInUse& in_use) {
  const std::int64_t retain = collection.settings.integer("generations.retain");
  if (static_cast<std::int64_t>(collection.generation) <= retain) return 0;
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  {
    GROUNDS_ASSIGN_OR_RETURN(const std::vector<Generation> any, old_generations(*catalog, collection.id, retain, {}));
    if (any.empty()) return 0;
  }
  // The records that there are now without the lock, for they may be many; under it those that were added since.
  std::int64_t seen = 0;
  GROUNDS_ASSIGN_OR_RETURN(std::set<Generation> used, in_use(collection, seen));
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  GROUNDS_ASSIGN_OR_RETURN(const std::set<Generation> used_since, in_use(collection, seen));
  used.insert(used_since.begin(), used_since.end());
  GROUNDS_ASSIGN_OR_RETURN(const std::vector<Generation> old, old_generations(*catalog, collection.id, retain, used));
  if (old.empty()) return 0;
  const UnixMillis now = workspace.clock().now();
  for (Generation generation : old)
    GROUNDS_RETURN_IF_ERROR(catalog->run("UPDATE generations SET pruned = ? WHERE collection = ? AND generation = ?",
                                         now, collection.id, generation));
  GROUNDS_RETURN_IF_ERROR(catalog->run("UPDATE collections SET layout = layout + 1 WHERE id = ?", collection.id));
  GROUNDS_RETURN_IF_ERROR(transaction.commit());
  return old.size();
}

Result<std::uint64_t> remove_versions(Workspace& workspace, std::int64_t collection) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  GROUNDS_ASSIGN_OR_RETURN(RetainedGenerations retained, RetainedGenerations::read(*catalog, collection));
  if (retained.all()) return 0;
  std::vector<std::int64_t> unneeded;
  {
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        catalog->prepare("SELECT v.id, v.created, v.retired FROM versions v JOIN documents d ON d.id = v.document WHERE "
                         "d.collection = ? AND v.retired IS NOT NULL AND "
                         "NOT EXISTS (SELECT 1 FROM chunks c WHERE c.version = v.id)"));
    statement.bind(collection);
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
      if (!row) break;
      if (!retained.show(static_cast<Generation>(statement.integer(1)), static_cast<Generation>(statement.integer(2))))
        unneeded.push_back(statement.integer(0));
    }
  }
  if (unneeded.empty()) return 0;
  for (std::int64_t version : unneeded)
    GROUNDS_RETURN_IF_ERROR(catalog->run("DELETE FROM versions WHERE id = ?", version));
  constexpr std::string_view kGone =
      "(SELECT d.id FROM documents d WHERE d.collection = ? AND NOT EXISTS "
      "(SELECT 1 FROM versions v WHERE v.document = d.id))";
  GROUNDS_RETURN_IF_ERROR(catalog->run("DELETE FROM access WHERE document IN " + std::string(kGone), collection));
  GROUNDS_RETURN_IF_ERROR(catalog->run("DELETE FROM documents WHERE id IN " + std::string(kGone), collection));
  GROUNDS_RETURN_IF_ERROR(remove_unreferenced_extracts(*catalog));
  GROUNDS_RETURN_IF_ERROR(transaction.commit());
  return unneeded.size();
}

Status remove_deleted_collections(Workspace& workspace) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  std::vector<std::int64_t> deleted;
  {
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        catalog->prepare("SELECT c.id FROM collections c WHERE c.deleted IS NOT NULL AND "
                         "EXISTS (SELECT 1 FROM generations g WHERE g.collection = c.id)"));
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
      if (!row) break;
      deleted.push_back(statement.integer(0));
    }
  }
  if (deleted.empty()) return {};
  for (std::int64_t collection : deleted)
    for (const char* sql :
         {"DELETE FROM segments WHERE space IN (SELECT id FROM spaces WHERE collection = ?)",
          "DELETE FROM chunks WHERE space IN (SELECT id FROM spaces WHERE collection = ?)",
          "DELETE FROM versions WHERE document IN (SELECT id FROM documents WHERE collection = ?)",
          "DELETE FROM access WHERE document IN (SELECT id FROM documents WHERE collection = ?)",
          "DELETE FROM documents WHERE collection = ?", "DELETE FROM generations WHERE collection = ?"})
      GROUNDS_RETURN_IF_ERROR(catalog->run(sql, collection));
  GROUNDS_RETURN_IF_ERROR(remove_unreferenced_extracts(*catalog));
  return transaction.commit();
}

Result<std::uint64_t> compact_packs(Workspace& workspace, double waste) {
  ExtractStore store(workspace);
  std::uint64_t replaced = 0;
  std::set<std::int64_t> unreadable;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(std::uint64_t packs, compact_once(workspace, store, waste, unreadable, replaced));
    if (packs == 0) return replaced;
  }
}

Result<MaintenanceReport> maintain(Workspace& workspace, const std::string& name, const GenerationsInUse& in_use,
                                   MergeExtent extent, const BuildProgress& progress) {
  GROUNDS_ASSIGN_OR_RETURN(Collection collection, Catalog(workspace).find_collection(name));
  MaintenanceReport report;
  GROUNDS_ASSIGN_OR_RETURN(report.generations_pruned, prune_generations(workspace, collection, in_use));
  GROUNDS_ASSIGN_OR_RETURN(report.merged, merge_collection(workspace, collection.id, extent));
  GROUNDS_ASSIGN_OR_RETURN(report.versions_removed, remove_versions(workspace, collection.id));
  GROUNDS_RETURN_IF_ERROR(remove_deleted_collections(workspace));
  GROUNDS_ASSIGN_OR_RETURN(report.packs_replaced, compact_packs(workspace));
  GROUNDS_RETURN_IF_ERROR(collect_garbage(workspace));
  GROUNDS_ASSIGN_OR_RETURN(const GraphReport graphs, build_graphs(workspace, collection, progress));
  report.graphs_built = graphs.built;
  return report;
}

}  // namespace grounds
