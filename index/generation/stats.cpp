#include "index/generation/stats.h"

#include <algorithm>

#include "index/generation/graphs.h"
#include "index/segment/segment.h"

namespace grounds {
namespace {

Status add_segments(Workspace& workspace, Database& database, SpaceStats& space, IndexStats& stats) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           database.prepare("SELECT file, created IS NULL, bytes FROM segments WHERE space = ?"));
  statement.bind(space.space.id);
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return {};
    ++space.segments;
    stats.merged_segments += statement.integer(1) != 0;
    space.bytes += static_cast<std::uint64_t>(statement.integer(2));
    GROUNDS_ASSIGN_OR_RETURN(auto segment, Segment::open(workspace.file_system(), workspace.segment_path(statement.text(0))));
    for (const ContentSize& each : segment->sizes()) space.bytes_by_kind[std::string(each.kind)] += each.bytes;
  }
}

Status add_chunks(Database& database, SpaceStats& space) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           database.prepare("SELECT count(*), count(retired) FROM chunks WHERE space = ?"));
  statement.bind(space.space.id);
  GROUNDS_RETURN_IF_ERROR(statement.step());
  space.chunks_retired = static_cast<std::uint64_t>(statement.integer(1));
  space.chunks_live = static_cast<std::uint64_t>(statement.integer(0)) - space.chunks_retired;
  return {};
}

Result<IndexStats> read_stats(Workspace& workspace, const Collection& collection) {
  IndexStats stats;
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(ReadTransaction read, ReadTransaction::begin(*catalog));
  {
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        catalog->prepare("SELECT coalesce(max(generation), 0), coalesce(min(generation) FILTER (WHERE pruned IS NULL), 0), "
                         "count(*) - count(pruned), count(pruned) FROM generations WHERE collection = ?"));
    statement.bind(collection.id);
    GROUNDS_RETURN_IF_ERROR(statement.step());
    stats.generation = static_cast<Generation>(statement.integer(0));
    stats.oldest_retained = static_cast<Generation>(statement.integer(1));
    stats.generations_retained = static_cast<std::uint64_t>(statement.integer(2));
    stats.generations_pruned = static_cast<std::uint64_t>(statement.integer(3));
  }
  {
    GROUNDS_ASSIGN_OR_RETURN(Statement statement, catalog->prepare("SELECT count(*), coalesce(sum(bytes), 0) FROM packs"));
    GROUNDS_RETURN_IF_ERROR(statement.step());
    stats.packs = static_cast<std::uint64_t>(statement.integer(0));
    stats.pack_bytes = static_cast<std::uint64_t>(statement.integer(1));
  }
  for (const Space& each : collection.spaces) {
    SpaceStats space;
    space.space = each;
    GROUNDS_RETURN_IF_ERROR(add_segments(workspace, *catalog, space, stats));
    GROUNDS_RETURN_IF_ERROR(add_chunks(*catalog, space));
    stats.segments += space.segments;
    stats.chunks_live += space.chunks_live;
    stats.chunks_retired += space.chunks_retired;
    stats.segment_bytes += space.bytes;
    stats.spaces.push_back(std::move(space));
  }
  return stats;
}

constexpr std::uint32_t kRecallQueries = 100, kRecallDepth = 10;

}  // namespace

Result<std::map<std::int64_t, GraphStats>> graph_stats(const Snapshot& snapshot) {
  std::map<std::int64_t, GraphStats> all;
  for (const Snapshot::SpaceViews& space : snapshot.spaces) {
    if (space.space.dimension == 0) continue;
    const std::span<const SegmentView> views = snapshot.views_of(space);
    const std::vector<std::shared_ptr<const Graph>> graphs = snapshot.graphs_of(space);
    std::uint64_t chunks = 0;
    for (const SegmentView& view : views) chunks += view.segment->size();
    std::vector<std::span<const std::int8_t>> queries;
    for (const SegmentView& view : views) {
      const std::uint64_t share = (kRecallQueries * std::uint64_t{view.segment->size()} + chunks - 1) / std::max<std::uint64_t>(1, chunks);
      GROUNDS_ASSIGN_OR_RETURN(const auto sampled, sample_codes(*view.segment, static_cast<std::uint32_t>(share)));
      queries.insert(queries.end(), sampled.begin(), sampled.end());
    }
    GraphStats& stats = all[space.space.id];
    for (const auto& graph : graphs)
      if (graph) ++stats.graphs, stats.bytes += graph->memory_bytes();
    if (queries.empty()) continue;
    GROUNDS_ASSIGN_OR_RETURN(stats.recall, measure_recall(views, graphs, queries, kRecallDepth,
                                                          approximate_settings(snapshot.collection.settings)));
  }
  return all;
}

Result<IndexStats> index_stats(Workspace& workspace, const Collection& collection) {
  // A merge may remove a file between our reading of its name and our opening of it.
  for (int attempt = 0;; ++attempt) {
    auto stats = read_stats(workspace, collection);
    if (stats || stats.error().code != ErrorCode::kNotFound || attempt == 5) return stats;
  }
}

}  // namespace grounds
