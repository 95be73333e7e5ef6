#include "index/generation/snapshot.h"

#include <algorithm>
#include <cstring>

#include "base/canonical_json.h"
#include "base/log.h"
#include "index/generation/graphs.h"

namespace grounds {
namespace {

// Document ids, as a bitmap over [0, size): ids are dense, and every chunk of a collection is looked up.
class DocumentSet {
 public:
  void add(std::int64_t document) {
    if (document >= static_cast<std::int64_t>(bits_.size())) bits_.resize(document + 1);
    bits_[document] = true;
  }
  bool contains(std::int64_t document) const {
    return document >= 0 && document < static_cast<std::int64_t>(bits_.size()) && bits_[document];
  }

 private:
  std::vector<bool> bits_;
};

// Permission as of `generation` and as of `access_generation`, both. An auditor's groups count as of
// `generation` alone, so that what has been deleted since can still be read.
Result<DocumentSet> readable_documents(Database& database, const Collection& collection, const Principal& principal,
                                       Generation generation, Generation access_generation) {
  constexpr std::string_view kAsOf =
      "EXISTS (SELECT 1 FROM access a, json_each(?1) j WHERE a.document = d.id AND a.\"group\" = j.value AND "
      "a.created <= ?{} AND (a.retired IS NULL OR a.retired > ?{}))";
  auto as_of = [&](const char* parameter) {
    std::string sql(kAsOf);
    for (std::size_t at; (at = sql.find("{}")) != std::string::npos;) sql.replace(at, 2, parameter);
    return sql;
  };
  std::string sql = "SELECT d.id FROM documents d WHERE d.collection = ?2 AND " + as_of("3") + " AND " + as_of("4");
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, database.prepare(sql));
  std::string groups = Json(principal.groups).dump();
  statement.bind(groups, collection.id, generation, principal.auditor ? generation : access_generation);
  DocumentSet documents;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return documents;
    documents.add(statement.integer(0));
  }
}

// The documents whose version of `generation` passes the filter.
Result<DocumentSet> matching_documents(Database& database, const Collection& collection, const MetadataFilter& filter,
                                       Generation generation) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      database.prepare("SELECT d.id, d.uri, v.title, v.date, v.metadata FROM documents d JOIN versions v ON "
                       "v.document = d.id WHERE d.collection = ?1 AND v.created <= ?2 AND "
                       "(v.retired IS NULL OR v.retired > ?2)"));
  statement.bind(collection.id, generation);
  const bool needs_metadata = filter.needs_metadata();
  DocumentSet documents;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return documents;
    Json metadata;
    if (needs_metadata) {
      GROUNDS_ASSIGN_OR_RETURN(metadata, parse_json(statement.text_view(4)));
    }
    if (filter.matches(statement.text_view(1), statement.text_view(2), statement.text_view(3), metadata))
      documents.add(statement.integer(0));
  }
}

// One segment while its live bitmap is being made.
struct Marked {
  std::shared_ptr<const Segment> segment;
  std::optional<Generation> created;       // of all its chunks, in a fresh segment
  std::span<const ChunkId> ids;
  std::span<const Generation> each_created;  // by ordinal, in a merged one
  std::shared_ptr<Bitset> live;

  void retire(const ChunkId& id, Generation chunk_created) {
    if (created && *created != chunk_created) return;
    auto [first, last] = std::ranges::equal_range(ids, id);
    for (auto at = first; at != last; ++at) {
      std::uint32_t ordinal = static_cast<std::uint32_t>(at - ids.begin());
      if (created || each_created[ordinal] == chunk_created) live->clear(ordinal);
    }
  }
};

Result<Marked> begin_marking(std::shared_ptr<const Segment> segment, std::optional<Generation> created,
                             Generation generation) {
  Marked marked;
  marked.created = created;
  GROUNDS_ASSIGN_OR_RETURN(marked.ids, segment->ids());
  if (created) {
    marked.live = std::make_shared<Bitset>(segment->size(), *created <= generation);
  } else {
    GROUNDS_ASSIGN_OR_RETURN(marked.each_created, segment->created());
    if (marked.each_created.size() != segment->size())
      return fail(ErrorCode::kDamaged, segment->path() + ": a merged segment without creation generations",
                  "run: grounds doctor");
    marked.live = std::make_shared<Bitset>(segment->size(), false);
    for (std::uint32_t i = 0; i < segment->size(); ++i)
      if (marked.each_created[i] <= generation) marked.live->set(i);
  }
  marked.segment = std::move(segment);
  return marked;
}

Status clear_retired(Database& database, std::int64_t space, Generation generation, std::span<Marked> segments) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      database.prepare("SELECT chunk_id, created FROM chunks WHERE space = ? AND retired IS NOT NULL AND retired <= ?"));
  statement.bind(space, generation);
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return {};
    ChunkId id;
    std::span<const std::uint8_t> bytes = statement.blob(0);
    std::memcpy(id.bytes.data(), bytes.data(), std::min(bytes.size(), id.bytes.size()));
    for (Marked& segment : segments) segment.retire(id, static_cast<Generation>(statement.integer(1)));
  }
}

// After a rebuild with another analyzer the old segments are for the generations before it. They show
// nothing here, and their terms are not to be searched for.
void drop_foreign(std::vector<Marked>& segments) {
  std::string live;
  for (const Marked& each : segments)
    if (each.live->count() > 0) live = each.segment->header().analyzer;
  if (live.empty()) return;
  std::erase_if(segments, [&](const Marked& each) {
    return each.live->count() == 0 && each.segment->header().analyzer != live;
  });
}

// Those of `chunks` that belong to one of the documents.
Result<std::shared_ptr<const Bitset>> of_documents(const Segment& segment, const Bitset& chunks,
                                                   const DocumentSet& documents) {
  GROUNDS_ASSIGN_OR_RETURN(std::span<const std::int64_t> owner, segment.documents());
  auto bits = std::make_shared<Bitset>(chunks);
  for (std::uint32_t i = 0; i < bits->size(); ++i)
    if (bits->test(i) && !documents.contains(owner[i])) bits->clear(i);
  return std::shared_ptr<const Bitset>(std::move(bits));
}

// So often a merge may remove a file between our reading of its name and our opening of it.
constexpr int kAttempts = 10;

std::string snapshot_key(const Collection& collection, const Principal& principal, Generation generation,
                         Generation access_generation, const MetadataFilter& filter) {
  std::string key = std::to_string(collection.id) + '/' + std::to_string(generation);
  if (!filter.empty()) key += filter.canonical() + '/';
  if (principal.admin) return key;
  return key + '/' + std::to_string(principal.auditor ? generation : access_generation) +
         Json(principal.groups).dump();
}

}  // namespace

Status Snapshot::check_analyzer(std::string_view identity) const {
  for (const SegmentView& view : views)
    if (view.live->count() > 0 && view.segment->header().analyzer != identity)
      return fail(analyzed_otherwise(collection.name, view.segment->header().analyzer, identity));
  return {};
}

std::vector<std::shared_ptr<const Graph>> Snapshot::graphs_of(const SpaceViews& space) const {
  std::vector<std::shared_ptr<const Graph>> all(space.count);
  if (graphs.size() == views.size())
    std::copy_n(graphs.begin() + static_cast<std::ptrdiff_t>(space.first), space.count, all.begin());
  return all;
}

std::vector<std::string> Snapshot::graph_hashes() const {
  std::vector<std::string> hashes;
  for (const auto& graph : graphs)
    if (graph) hashes.push_back(graph->hash());
  std::ranges::sort(hashes);
  return hashes;
}

std::vector<SegmentView> Snapshot::counted_views(const Settings& settings) const {
  std::vector<SegmentView> counted = views;
  if (settings.text("statistics.scope") == "visible")
    for (std::size_t i = 0; i < counted.size(); ++i) counted[i].live = permitted[i];
  return counted;
}

Result<std::shared_ptr<const Snapshot>> Snapshots::get(const std::string& name, const Principal& principal,
                                                       std::optional<Generation> generation,
                                                       std::optional<Generation> access_generation,
                                                       const MetadataFilter& filter) {
  Catalog catalog(workspace_);
  // A merge in another process may remove a segment between our reading of its name and our opening of
  // it; what replaced it gives the same results, so read again.
  for (int attempt = 0;; ++attempt) {
    GROUNDS_ASSIGN_OR_RETURN(Collection collection, catalog.find_collection(name));
    Generation wanted = generation.value_or(collection.generation);
    Generation access = access_generation.value_or(collection.access_epoch);
    if (wanted > collection.generation)
      return fail(ErrorCode::kNotFound,
                  "collection " + name + " has no generation " + std::to_string(wanted) + " (the newest is " +
                      std::to_string(collection.generation) + ")",
                  "name a generation up to the newest, or leave --as-of out");
    std::string key = snapshot_key(collection, principal, wanted, access, filter);
    {
      std::lock_guard lock(mutex_);
      for (auto at = kept_.begin(); at != kept_.end(); ++at) {
        // Settings may have changed under an equal generation.
        if (at->first != key || at->second->collection.settings_version != collection.settings_version ||
            at->second->collection.generation != collection.generation ||
            at->second->collection.layout != collection.layout)
          continue;
        kept_.splice(kept_.begin(), kept_, at);
        return kept_.front().second;
      }
    }
    GROUNDS_ASSIGN_OR_RETURN(CatalogConnection connection, workspace_.catalog());
    bool file_gone = false;
    auto snapshot = make(*connection, std::move(collection), principal, wanted, access, filter, file_gone);
    if (!snapshot && file_gone) {
      if (attempt < kAttempts) continue;
      return fail(ErrorCode::kDamaged, snapshot.error().message,
                  "a file of the workspace is gone: restore it from a backup, or run: grounds doctor");
    }
    if (!snapshot) return snapshot;
    keep(std::move(key), *snapshot);
    return snapshot;
  }
}

void Snapshots::keep(std::string key, std::shared_ptr<const Snapshot> snapshot) {
  const Collection& now = snapshot->collection;
  std::lock_guard lock(mutex_);
  // Whatever shows an earlier layout holds files that may be gone from the disk: give them back.
  std::erase_if(kept_, [&](const auto& each) {
    return each.second->collection.id == now.id && each.second->collection.layout < now.layout;
  });
  std::erase_if(segments_, [](const auto& each) { return each.second.expired(); });
  std::erase_if(graphs_, [](const auto& each) { return each.second.expired(); });
  kept_.emplace_front(std::move(key), std::move(snapshot));
  if (kept_.size() > kKept) kept_.pop_back();
}

Result<std::shared_ptr<const Snapshot>> Snapshots::make(Database& database, Collection collection,
                                                        const Principal& principal, Generation generation,
                                                        Generation access_generation, const MetadataFilter& filter,
                                                        bool& file_gone) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->generation = generation;
  snapshot->access_generation = access_generation;
  GROUNDS_ASSIGN_OR_RETURN(ReadTransaction read, ReadTransaction::begin(database));
  GROUNDS_ASSIGN_OR_RETURN(bool pruned, Catalog::is_pruned(database, collection.id, generation));
  if (pruned) return pruned_generation(generation);
  DocumentSet documents, matching;
  if (!filter.empty()) {
    GROUNDS_ASSIGN_OR_RETURN(matching, matching_documents(database, collection, filter, generation));
  }
  if (!principal.admin) {
    GROUNDS_ASSIGN_OR_RETURN(
        documents, readable_documents(database, collection, principal, generation, access_generation));
  }
  GROUNDS_ASSIGN_OR_RETURN(std::vector<SegmentRow> rows, segment_rows(database, collection, generation));
  for (const Space& space : collection.spaces) {
    std::vector<Marked> marked;
    for (const SegmentRow& row : rows) {
      if (row.space != space.id) continue;
      GROUNDS_ASSIGN_OR_RETURN(auto segment, open(row, file_gone));
      if (segment->header().space != space.fingerprint)
        return fail(ErrorCode::kDamaged, segment->path() + " belongs to another embedding space",
                    "run: grounds doctor");
      GROUNDS_ASSIGN_OR_RETURN(Marked each, begin_marking(std::move(segment), row.created, generation));
      marked.push_back(std::move(each));
    }
    GROUNDS_RETURN_IF_ERROR(clear_retired(database, space.id, generation, marked));
    drop_foreign(marked);
    Snapshot::SpaceViews views{space, snapshot->views.size(), marked.size(), 0};
    for (Marked& each : marked) {
      SegmentView view{each.segment, each.live, each.live};
      if (!principal.admin) {
        GROUNDS_ASSIGN_OR_RETURN(view.eligible, of_documents(*each.segment, *each.live, documents));
      }
      snapshot->permitted.push_back(view.eligible);
      if (!filter.empty()) {
        GROUNDS_ASSIGN_OR_RETURN(view.eligible, of_documents(*each.segment, *view.eligible, matching));
      }
      views.live += each.live->count();
      if (is_approximate(collection.settings)) snapshot->graphs.push_back(open_graph(each.segment));
      snapshot->views.push_back(std::move(view));
      snapshot->view_space.push_back(space.id);
    }
    snapshot->spaces.push_back(std::move(views));
  }
  snapshot->collection = std::move(collection);
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

Result<std::vector<Snapshots::SegmentRow>> Snapshots::segment_rows(Database& database, const Collection& collection,
                                                                   Generation generation) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      database.prepare("SELECT g.space, g.file, g.analyzer, g.created FROM segments g JOIN spaces s ON s.id = g.space "
                       "WHERE s.collection = ? AND (g.created IS NULL OR g.created <= ?) ORDER BY g.id"));
  statement.bind(collection.id, generation);
  std::vector<SegmentRow> rows;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return rows;
    SegmentRow segment{statement.integer(0), statement.text(1), statement.text(2), {}};
    if (!statement.is_null(3)) segment.created = static_cast<Generation>(statement.integer(3));
    rows.push_back(std::move(segment));
  }
}

Result<std::shared_ptr<const Segment>> Snapshots::open(const SegmentRow& row, bool& file_gone) {
  {
    std::lock_guard lock(mutex_);
    if (auto found = segments_.find(row.file); found != segments_.end())
      if (auto segment = found->second.lock()) return segment;
  }
  auto segment = Segment::open(workspace_.file_system(), workspace_.segment_path(row.file));
  if (!segment) {
    file_gone = segment.error().code == ErrorCode::kNotFound;
    return segment;
  }
  std::lock_guard lock(mutex_);
  std::weak_ptr<const Segment>& known = segments_[row.file];
  if (auto other = known.lock()) return other;  // another thread was faster
  known = *segment;
  return segment;
}

std::shared_ptr<const Graph> Snapshots::open_graph(const std::shared_ptr<const Segment>& segment) {
  const std::string path = graph_file(segment->path());
  {
    std::lock_guard lock(mutex_);
    if (auto found = graphs_.find(path); found != graphs_.end())
      if (auto graph = found->second.lock(); graph && graph->segment() == segment) return graph;
  }
  if (segment->header().dimension == 0 || !workspace_.file_system().exists(path)) return nullptr;
  auto graph = Graph::open(workspace_.file_system(), path, segment);
  if (!graph) {
    // What remains is exact: slower, and no worse.
    log_warning(graph.error().message + "; the segment is scanned until: grounds index merge");
    return nullptr;
  }
  std::lock_guard lock(mutex_);
  graphs_[path] = *graph;
  return *graph;
}

}  // namespace grounds
