// The graphs of collections in approximate mode: made of each large segment, kept beside it, gone with it.
#pragma once

#include <cstdint>
#include <string>

#include "grounds/result.h"
#include "index/generation/catalog.h"
#include "index/vector/approximate.h"
#include "index/vector/graph.h"

namespace grounds {

// Whether searches with these settings may pass chunks over: `index.mode` = approximate.
bool is_approximate(const Settings& settings);
ApproximateSettings approximate_settings(const Settings& settings);

// The graph of segment file `segment`, in segments/ as well.
std::string graph_file(const std::string& segment);

struct GraphReport {
  std::uint64_t built = 0, removed = 0;
};

// Makes the graphs that segments of more than `index.scan_below` chunks lack, one after another on this thread, about 7 s
// for each 10,000 chunks; in exact mode removes what there is. Neither readers nor commits wait for the work. Snapshots
// made afterwards use the graphs; a stop by `progress` leaves those that are finished. A segment that is merged
// meanwhile is passed over: its successor is for the next time.
Result<GraphReport> build_graphs(Workspace& workspace, const Collection& collection, const BuildProgress& progress = {});

}  // namespace grounds
