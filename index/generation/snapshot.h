// A snapshot: one generation of a collection as one principal may see it. A query holds one from start
// to end; commits and merges that happen meanwhile do not change it.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "access/principal.h"
#include "grounds/result.h"
#include "index/generation/catalog.h"
#include "index/generation/metadata_filter.h"
#include "index/segment/segment.h"
#include "index/vector/graph.h"

namespace grounds {

// Immutable, thread-safe.
struct Snapshot {
  Collection collection;
  Generation generation = 0;
  Generation access_generation = 0;   // permissions are those of `generation` and of this one
  struct SpaceViews {
    Space space;
    std::size_t first = 0, count = 0;  // its range in `views`
    std::uint64_t live = 0;            // chunks live in this space
  };
  std::vector<SpaceViews> spaces;
  std::vector<SegmentView> views;      // by space
  std::vector<std::int64_t> view_space;  // Space::id by view
  // By view: live and permitted, whatever the filter. What `statistics.scope` = visible counts over.
  std::vector<std::shared_ptr<const Bitset>> permitted;
  // Of a collection in approximate mode, by view: the graph of its segment, or null; else empty.
  std::vector<std::shared_ptr<const Graph>> graphs;

  std::span<const SegmentView> views_of(const SpaceViews& space) const {
    return std::span(views).subspan(space.first, space.count);
  }
  // Null for each view where there are no graphs at all.
  std::vector<std::shared_ptr<const Graph>> graphs_of(const SpaceViews& space) const;
  // Graph::hash() of all graphs, sorted: together with what an exact search is a function of, what an approximate one is.
  std::vector<std::string> graph_hashes() const;
  // The views with the chunks that terms are counted over as `live`: all live ones, or with statistics.scope =
  // visible those that the principal may read. A filter does not matter: what a word is worth is a property of
  // the collection.
  std::vector<SegmentView> counted_views(const Settings& settings) const;
  // kRefused if chunks that are live here were analysed by another analyzer. Segments with nothing live, kept
  // for other generations, may be of any.
  Status check_analyzer(std::string_view identity) const;
};

// Makes and keeps snapshots of one workspace. Thread-safe.
class Snapshots {
 public:
  explicit Snapshots(Workspace& workspace) : workspace_(workspace) {}

  // The newest generation, or `generation` (kNotFound if it never was, or is pruned). Permissions are
  // those of the generation and of `access_generation` (the newest unless given: a replay gives the
  // recorded one). Only documents that pass `filter` in that generation are eligible.
  Result<std::shared_ptr<const Snapshot>> get(const std::string& collection, const Principal& principal,
                                              std::optional<Generation> generation = {},
                                              std::optional<Generation> access_generation = {},
                                              const MetadataFilter& filter = {});

 private:
  struct SegmentRow { std::int64_t space; std::string file, analyzer; std::optional<Generation> created; };
  Result<std::shared_ptr<const Snapshot>> make(Database& database, Collection collection, const Principal& principal,
                                               Generation generation, Generation access_generation,
                                               const MetadataFilter& filter, bool& file_gone);
  Result<std::vector<SegmentRow>> segment_rows(Database& database, const Collection& collection, Generation generation);
  Result<std::shared_ptr<const Segment>> open(const SegmentRow& row, bool& file_gone);
  // Null if there is none, or none that can be used: then the segment is scanned.
  std::shared_ptr<const Graph> open_graph(const std::shared_ptr<const Segment>& segment);
  void keep(std::string key, std::shared_ptr<const Snapshot> snapshot);

  static constexpr std::size_t kKept = 16;
  Workspace& workspace_;
  std::mutex mutex_;
  // By file: a segment stays open, and what was verified of it known, as long as a snapshot holds it.
  std::map<std::string, std::weak_ptr<const Segment>> segments_;
  std::map<std::string, std::weak_ptr<const Graph>> graphs_;  // by path of the graph
  std::list<std::pair<std::string, std::shared_ptr<const Snapshot>>> kept_;  // newest first
};

}  // namespace grounds
