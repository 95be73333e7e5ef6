#include "index/generation/graphs.h"

#include <vector>

#include "base/log.h"

namespace grounds {
namespace {

struct SegmentRow {
  std::int64_t id = 0;
  std::string file;
  std::uint64_t chunks = 0;
};

// The collection's segments that hold codes.
Result<std::vector<SegmentRow>> segments_with_codes(Workspace& workspace, const Collection& collection) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      catalog->prepare("SELECT g.id, g.file, g.chunks FROM segments g JOIN spaces s ON s.id = g.space WHERE "
                       "s.collection = ? AND s.dimension > 0 ORDER BY g.id"));
  statement.bind(collection.id);
  std::vector<SegmentRow> rows;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return rows;
    rows.push_back({statement.integer(0), statement.text(1), static_cast<std::uint64_t>(statement.integer(2))});
  }
}

// Snapshots that are kept show the graphs that there were: the next ones shall be made anew.
Status change_layout(Database& database, const Collection& collection) {
  return database.run("UPDATE collections SET layout = layout + 1 WHERE id = ?", collection.id);
}

// A graph that is there and whole; a damaged one is made anew.
bool has_graph(const FileSystem& files, const std::string& path, const std::shared_ptr<const Segment>& segment) {
  if (!files.exists(path)) return false;
  const auto graph = Graph::open(files, path, segment);
  if (!graph) log_warning(graph.error().message + "; it is made anew");
  return graph.has_value();
}

// False: the segment was merged away meanwhile.
Result<bool> publish(Workspace& workspace, const Collection& collection, const SegmentRow& row, const Graph& graph) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  // Under the lock no segment goes, and no garbage is collected: not even a file that is half written.
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  {
    GROUNDS_ASSIGN_OR_RETURN(Statement statement, catalog->prepare("SELECT 1 FROM segments WHERE id = ?"));
    statement.bind(row.id);
    GROUNDS_ASSIGN_OR_RETURN(bool found, statement.step());
    if (!found) return false;
  }
  GROUNDS_RETURN_IF_ERROR(graph.write(workspace.file_system(), workspace.segment_path(graph_file(row.file))));
  GROUNDS_RETURN_IF_ERROR(change_layout(*catalog, collection));
  GROUNDS_RETURN_IF_ERROR(transaction.commit());
  return true;
}

Result<GraphReport> remove_graphs(Workspace& workspace, const Collection& collection, const std::vector<SegmentRow>& rows) {
  GraphReport report;
  for (const SegmentRow& row : rows) {
    const std::string path = workspace.segment_path(graph_file(row.file));
    if (!workspace.file_system().exists(path)) continue;
    GROUNDS_RETURN_IF_ERROR(workspace.file_system().remove(path));
    ++report.removed;
  }
  if (report.removed == 0) return report;
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_RETURN_IF_ERROR(change_layout(*catalog, collection));
  return report;
}

}  // namespace

bool is_approximate(const Settings& settings) { return settings.text("index.mode") == "approximate"; }

ApproximateSettings approximate_settings(const Settings& settings) {
  ApproximateSettings approximate;
  approximate.breadth = static_cast<std::uint32_t>(settings.integer("index.breadth"));
  approximate.always_exact = static_cast<std::uint32_t>(settings.integer("index.scan_below"));
  return approximate;
}

std::string graph_file(const std::string& segment) { return segment + ".graph"; }

Result<GraphReport> build_graphs(Workspace& workspace, const Collection& collection, const BuildProgress& progress) {
  GROUNDS_ASSIGN_OR_RETURN(const std::vector<SegmentRow> rows, segments_with_codes(workspace, collection));
  if (!is_approximate(collection.settings)) return remove_graphs(workspace, collection, rows);
  GraphReport report;
  for (const SegmentRow& row : rows) {
    if (row.chunks <= approximate_settings(collection.settings).always_exact) continue;
    const auto segment = Segment::open(workspace.file_system(), workspace.segment_path(row.file));
    if (!segment && segment.error().code == ErrorCode::kNotFound) continue;  // merged away meanwhile
    if (!segment) return fail(segment.error());
    if (has_graph(workspace.file_system(), workspace.segment_path(graph_file(row.file)), *segment)) continue;
    GROUNDS_ASSIGN_OR_RETURN(const auto graph, Graph::build(*segment, GraphSettings(), progress));
    GROUNDS_ASSIGN_OR_RETURN(const bool published, publish(workspace, collection, row, *graph));
    report.built += published;
  }
  return report;
}

}  // namespace grounds
