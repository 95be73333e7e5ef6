// Retention: which generations stay readable, and the removal of what only the others showed.
#pragma once

#include <cstdint>
#include <functional>
#include <set>

#include "base/sqlite.h"
#include "grounds/result.h"
#include "index/generation/catalog.h"
#include "index/generation/graphs.h"
#include "index/generation/merge.h"

namespace grounds {

// Generations of a collection that must stay whatever their age: those that recent answers used, by the records
// after number `seen`, which becomes that of the last one looked at. Called without the catalog's lock from 0 on, and
// once more under it for what was added meanwhile.
using GenerationsInUse = std::function<Result<std::set<Generation>>(const Collection& collection, std::int64_t& seen)>;

struct MaintenanceReport {
  std::uint64_t generations_pruned = 0;
  MergeReport merged;
  std::uint64_t versions_removed = 0;
  std::uint64_t packs_replaced = 0;
  std::uint64_t graphs_built = 0;
};

// Prunes the generations before the last `generations.retain` ones that are not in use; merges; removes
// versions and extracts that no retained generation shows, those of deleted collections, and the files; makes the
// graphs of the approximate mode, unless `progress` stops that. Several transactions, each of which leaves the workspace whole; the newest generation never changes.
Result<MaintenanceReport> maintain(Workspace& workspace, const std::string& collection, const GenerationsInUse& in_use,
                                   MergeExtent extent, const BuildProgress& progress = {});

// The steps. How many generations were pruned: they are refused from now on, what only they showed goes
// with the next merge.
Result<std::uint64_t> prune_generations(Workspace& workspace, const Collection& collection,
                                        const GenerationsInUse& in_use);
// Removes versions without chunks that no retained generation shows, with their documents and extracts.
Result<std::uint64_t> remove_versions(Workspace& workspace, std::int64_t collection);
Status remove_deleted_collections(Workspace& workspace);
// Deletes the rows of extracts of no version, and of packs without extracts. In the caller's transaction.
Status remove_unreferenced_extracts(Database& database);
// Rewrites packs of which more than `waste` is no longer referred to, and gathers small ones. How many. One that cannot
// be read stays as it is, for `doctor` to name. 0: whatever holds a byte that nothing refers to; then one that cannot
// be read is kDamaged, since what it holds remains.
Result<std::uint64_t> compact_packs(Workspace& workspace, double waste = 0.25);

}  // namespace grounds
