// Upkeep of a collection: pruning by the retention settings, merging, and giving disk space back.
#pragma once

#include "engine/engine.h"
#include "grounds/result.h"
#include "index/generation/retention.h"

namespace grounds {

// Keeps the last `generations.retain` generations and those that answers of the last
// `generations.replay_days` days used. Done at the end of every ingest with MergeExtent::kTiers.
// `progress`: of a graph being made, which takes minutes for some 100,000 chunks; false stops it (kUnavailable).
Result<MaintenanceReport> maintain_collection(Engine& engine, const std::string& collection, MergeExtent extent,
                                              const BuildProgress& progress = {});

// Gives free pages of the catalog back to the disk, if they are a quarter of it or more. Readers of an
// old state may keep it from happening; then it is for the next time.
Status shrink_catalog(Engine& engine);

}  // namespace grounds
