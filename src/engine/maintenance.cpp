#include "engine/maintenance.h"

namespace grounds {
namespace {

constexpr std::int64_t kDay = 24ll * 60 * 60 * 1000;

// The generations that recent answers used, from the ledger as docs/formats/ledger.md describes it: by the records after
// number `seen`, which becomes that of the newest.
Result<std::set<Generation>> generations_in_use(Engine& engine, const Collection& collection, std::int64_t& seen) {
  std::set<Generation> used;
  const std::int64_t days = collection.settings.integer("generations.replay_days");
  if (days == 0) return used;
  GROUNDS_ASSIGN_OR_RETURN(Database ledger, Database::open(engine.workspace().file_system(),
                                                           engine.workspace().ledger_path(), DatabaseMode::kReadWrite));
  GROUNDS_ASSIGN_OR_RETURN(ReadTransaction read, ReadTransaction::begin(ledger));
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      ledger.prepare("SELECT DISTINCT json_extract(body, '$.generation') FROM entries WHERE sequence > ? AND "
                     "kind = 'opened' AND time >= ? AND json_extract(body, '$.collection_id') = ?"));
  statement.bind(seen, engine.workspace().clock().now() - days * kDay, collection.id);
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) break;
    used.insert(static_cast<Generation>(statement.integer(0)));
  }
  GROUNDS_ASSIGN_OR_RETURN(Statement newest, ledger.prepare("SELECT coalesce(max(sequence), 0) FROM entries"));
  GROUNDS_RETURN_IF_ERROR(newest.step());
  seen = newest.integer(0);
  return used;
}

}  // namespace

Result<MaintenanceReport> maintain_collection(Engine& engine, const std::string& collection, MergeExtent extent,
                                              const BuildProgress& progress) {
  return maintain(engine.workspace(), collection,
                  [&engine](const Collection& each, std::int64_t& seen) { return generations_in_use(engine, each, seen); },
                  extent, progress);
}

Status shrink_catalog(Engine& engine) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, engine.workspace().catalog());
  {
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        catalog->prepare("SELECT f.freelist_count * 4 >= p.page_count FROM pragma_freelist_count f, pragma_page_count p"));
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row || statement.integer(0) == 0) return {};
  }
  GROUNDS_RETURN_IF_ERROR(catalog->execute("VACUUM"));
  return catalog->checkpoint();
}

}  // namespace grounds
