#include "index/generation/erase.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "base/canonical_json.h"
#include "index/generation/retention.h"
#include "index/generation/written_files.h"

namespace grounds {
namespace {

constexpr std::string_view kAction = "erase";
constexpr std::string_view kBackupAction = "backup";
constexpr std::string_view kColumns = "SELECT id, time, actor, subject, detail FROM outbox WHERE action = 'erase'";
constexpr std::string_view kDocument = "(SELECT id FROM documents WHERE collection = ? AND uri = ?)";

std::string detail_of(const Erasure& erasure) {
  Json live_in = Json::array();
  for (const auto& [created, retired] : erasure.live_in)
    live_in.push_back(Json::array({Json(created), retired ? Json(*retired) : Json(nullptr)}));
  return Json{{"id", erasure.id},
              {"collection", erasure.collection},
              {"first_ingested", erasure.first_ingested},
              {"finished", erasure.finished},
              {"destroyed", erasure.destroyed},
              {"versions", erasure.versions},
              {"chunks", erasure.chunks},
              {"segments_rewritten", erasure.segments_rewritten},
              {"texts", erasure.texts},
              {"answers", erasure.answers},
              {"earlier_names", erasure.earlier_names},
              {"same_content", erasure.same_content},
              {"live_in", std::move(live_in)}}
      .dump();
}

Result<Erasure> read_erasure(const Statement& row) {
  Erasure erasure;
  erasure.row = row.integer(0);
  erasure.started = row.integer(1);
  erasure.actor = row.text(2);
  erasure.uri = row.text(3);
  GROUNDS_ASSIGN_OR_RETURN(Json detail, parse_json(row.text(4)));
  try {
    erasure.id = detail.at("id").get<std::string>();
    erasure.collection = detail.at("collection").get<std::int64_t>();
    erasure.first_ingested = detail.at("first_ingested").get<UnixMillis>();
    erasure.finished = detail.at("finished").get<bool>();
    erasure.versions = detail.at("versions").get<std::uint64_t>();
    erasure.chunks = detail.at("chunks").get<std::uint64_t>();
    erasure.segments_rewritten = detail.at("segments_rewritten").get<std::uint64_t>();
    erasure.texts = detail.at("texts").get<std::uint64_t>();
    erasure.answers = detail.at("answers").get<std::vector<std::string>>();
    // A record of an earlier version of the program does not tell when it destroyed.
    erasure.destroyed = detail.value("destroyed", erasure.started);
    if (detail.contains("earlier_names")) {
      erasure.earlier_names = detail.at("earlier_names").get<std::vector<std::string>>();
      erasure.same_content = detail.at("same_content").get<std::vector<std::pair<std::string, std::string>>>();
    }
    for (const Json& each : detail.at("live_in")) {
      std::optional<Generation> retired;
      if (!each.at(1).is_null()) retired = each.at(1).get<Generation>();
      erasure.live_in.emplace_back(each.at(0).get<Generation>(), retired);
    }
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kDamaged, "the record of the erasure of " + erasure.uri + " cannot be read: " + error.what(),
                "restore catalog.db from a backup");
  }
  return erasure;
}

Result<std::vector<Erasure>> read_erasures(Database& catalog) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, catalog.prepare(std::string(kColumns) + " ORDER BY id"));
  std::vector<Erasure> erasures;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return erasures;
    GROUNDS_ASSIGN_OR_RETURN(Erasure erasure, read_erasure(statement));
    erasures.push_back(std::move(erasure));
  }
}

// Of the versions that are there: where they were live, and since when copies of them may exist.
Result<bool> read_versions(Database& catalog, Erasure& erasure) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           catalog.prepare("SELECT created, retired, ingested FROM versions WHERE document = " +
                                           std::string(kDocument) + " ORDER BY id"));
  statement.bind(erasure.collection, erasure.uri);
  bool any = false;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) break;
    std::optional<Generation> retired;
    if (!statement.is_null(1)) retired = static_cast<Generation>(statement.integer(1));
    if (!any) std::erase_if(erasure.live_in, [](const auto& each) { return !each.second; });  // retired since, perhaps
    if (!any) erasure.first_ingested = statement.integer(2);
    const std::pair span(static_cast<Generation>(statement.integer(0)), retired);
    if (std::ranges::find(erasure.live_in, span) == erasure.live_in.end()) erasure.live_in.push_back(span);
    erasure.first_ingested = std::min(erasure.first_ingested, statement.integer(2));
    any = true;
  }
  // A version that was pruned long ago may be in any backup.
  GROUNDS_ASSIGN_OR_RETURN(Statement pruned,
                           catalog.prepare("SELECT 1 FROM generations WHERE collection = ? AND pruned IS NOT NULL LIMIT 1"));
  pruned.bind(erasure.collection);
  GROUNDS_ASSIGN_OR_RETURN(bool any_pruned, pruned.step());
  erasure.after_pruning = any_pruned;
  if (any && any_pruned) erasure.first_ingested = 0;
  return any;
}

constexpr std::string_view kNotLive = "NOT EXISTS (SELECT 1 FROM versions l WHERE l.document = d.id AND l.retired IS NULL)";

Result<std::vector<std::string>> read_uris(Database& catalog, const std::string& sql, std::int64_t collection, const std::string& uri) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, catalog.prepare(sql));
  statement.bind(collection, uri);
  std::vector<std::string> uris;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return uris;
    uris.push_back(statement.text(0));
  }
}

// Follows renames back, and finds who else has the content.
Status read_same_content(Database& catalog, Erasure& erasure) {
  const std::string own = "WITH own AS (SELECT * FROM versions WHERE document = " + std::string(kDocument) + ") ";
  // A version of another document that ended in the generation in which one of its own began with the same source.
  const std::string renamed = own + "SELECT DISTINCT d.uri FROM own o JOIN versions w ON w.source_sha256 = o.source_sha256 AND "
                              "w.document <> o.document AND w.retired = o.created JOIN documents d ON d.id = w.document JOIN documents e ON "
                              "e.id = o.document WHERE d.collection = e.collection AND " + std::string(kNotLive) + " ORDER BY d.uri";
  const std::string contained = own + "SELECT DISTINCT d.uri FROM own o JOIN versions w ON w.source_sha256 = o.source_sha256 AND "
                                "w.document <> o.document JOIN documents d ON d.id = w.document JOIN documents e ON e.id = o.document WHERE "
                                "d.collection = e.collection AND " + std::string(kNotLive) + " AND NOT EXISTS (SELECT 1 FROM versions x WHERE "
                                "x.document = d.id AND x.source_sha256 NOT IN (SELECT source_sha256 FROM own)) ORDER BY d.uri";
  const std::string shared = own + "SELECT DISTINCT c.name, d.uri FROM versions w JOIN documents d ON d.id = w.document JOIN collections c ON "
                             "c.id = d.collection WHERE c.deleted IS NULL AND w.document NOT IN (SELECT document FROM own) AND (w.source_sha256 IN "
                             "(SELECT source_sha256 FROM own) OR w.extract_sha256 IN (SELECT extract_sha256 FROM own)) ORDER BY c.name, d.uri";
  std::vector<std::string> names{erasure.uri};
  for (std::size_t i = 0; i < names.size(); ++i)
    for (const std::string* sql : {&renamed, &contained}) {
      GROUNDS_ASSIGN_OR_RETURN(const std::vector<std::string> found, read_uris(catalog, *sql, erasure.collection, names[i]));
      for (const std::string& name : found)
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  GROUNDS_ASSIGN_OR_RETURN(Statement collection, catalog.prepare("SELECT name FROM collections WHERE id = ?"));
  collection.bind(erasure.collection);
  GROUNDS_RETURN_IF_ERROR(collection.step());
  const std::string here = collection.text(0);
  std::set<std::pair<std::string, std::string>> others;
  for (const std::string& name : names) {
    GROUNDS_ASSIGN_OR_RETURN(Statement statement, catalog.prepare(shared));
    statement.bind(erasure.collection, name);
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
      if (!row) break;
      std::pair other(statement.text(0), statement.text(1));
      if (other.first != here || std::ranges::find(names, other.second) == names.end()) others.insert(std::move(other));
    }
  }
  erasure.earlier_names.assign(names.begin() + 1, names.end());
  erasure.same_content.assign(others.begin(), others.end());
  return {};
}

struct Key {
  ChunkId id;
  Generation created = 0;
};

// The document's chunks by space.
Result<std::map<std::int64_t, std::vector<Key>>> read_chunks(Database& catalog, const Erasure& erasure) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      catalog.prepare("SELECT c.space, c.chunk_id, c.created FROM chunks c JOIN versions v ON v.id = c.version WHERE v.document = " +
                      std::string(kDocument)));
  statement.bind(erasure.collection, erasure.uri);
  std::map<std::int64_t, std::vector<Key>> chunks;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return chunks;
    Key key;
    std::span<const std::uint8_t> bytes = statement.blob(1);
    std::memcpy(key.id.bytes.data(), bytes.data(), std::min(bytes.size(), key.id.bytes.size()));
    key.created = static_cast<Generation>(statement.integer(2));
    chunks[statement.integer(0)].push_back(key);
  }
}

// Leaves the document's chunks out of `part`.
Status leave_out(OtherChunks::Part& part, const std::vector<Key>& keys) {
  GROUNDS_ASSIGN_OR_RETURN(std::span<const Generation> each_created, part.segment->created());
  for (const Key& key : keys) {
    GROUNDS_ASSIGN_OR_RETURN(std::vector<std::uint32_t> ordinals, part.segment->find(key.id));
    for (std::uint32_t ordinal : ordinals) {
      if ((part.created ? *part.created : each_created[ordinal]) != key.created) continue;
      part.others.clear(ordinal);
      part.affected = true;
    }
  }
  return {};
}

// The segment again without the document's chunks, under a new name.
Status rewrite(Workspace& workspace, Database& catalog, const OtherChunks::Part& part, WrittenFiles& written) {
  if (part.others.count() > 0) {
    const std::string file = workspace.new_id() + ".segment";
    const std::string path = workspace.segment_path(file);
    const MergeInput input{part.segment, part.others, part.created};
    GROUNDS_ASSIGN_OR_RETURN(SegmentSummary summary, merge_segments(workspace.file_system(), path, {&input, 1}));
    written.add(path);
    GROUNDS_RETURN_IF_ERROR(catalog.run(
        "INSERT INTO segments (space, file, created, published, chunks, bytes, sha256, analyzer) "
        "SELECT space, ?, NULL, published, ?, ?, ?, analyzer FROM segments WHERE id = ?",
        file, summary.chunks, summary.bytes, summary.sha256, part.row));
  }
  return catalog.run("DELETE FROM segments WHERE id = ?", part.row);
}

}  // namespace

Result<Erasure> begin_erasure(Workspace& workspace, const Collection& collection, const std::string& uri,
                              const std::string& actor) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  GROUNDS_ASSIGN_OR_RETURN(std::vector<Erasure> begun, unfinished_erasures(*catalog));
  for (Erasure& erasure : begun) {
    if (erasure.collection != collection.id || erasure.uri != uri) continue;
    GROUNDS_RETURN_IF_ERROR(read_versions(*catalog, erasure));
    return std::move(erasure);
  }
  Erasure erasure;
  erasure.id = workspace.new_id();
  erasure.collection = collection.id;
  erasure.uri = uri;
  erasure.actor = actor;
  erasure.started = workspace.clock().now();
  GROUNDS_RETURN_IF_ERROR(read_versions(*catalog, erasure));
  GROUNDS_RETURN_IF_ERROR(read_same_content(*catalog, erasure));
  GROUNDS_RETURN_IF_ERROR(catalog->run("INSERT INTO outbox (time, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?)",
                                       erasure.started, actor, kAction, uri, detail_of(erasure)));
  erasure.row = catalog->last_insert_rowid();
  GROUNDS_RETURN_IF_ERROR(transaction.commit());
  return erasure;
}

Status discard_erasure(Workspace& workspace, const Erasure& erasure) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  return catalog->run("DELETE FROM outbox WHERE id = ?", erasure.row);
}

Result<bool> is_live(Workspace& workspace, std::int64_t collection, const std::string& uri) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           catalog->prepare("SELECT 1 FROM versions WHERE retired IS NULL AND document = " + std::string(kDocument)));
  statement.bind(collection, uri);
  return statement.step();
}

Status save_erasure(Workspace& workspace, const Erasure& erasure) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  return catalog->run("UPDATE outbox SET detail = ? WHERE id = ?", detail_of(erasure), erasure.row);
}

Result<std::vector<Erasure>> unfinished_erasures(Database& catalog) {
  GROUNDS_ASSIGN_OR_RETURN(std::vector<Erasure> erasures, read_erasures(catalog));
  std::erase_if(erasures, [](const Erasure& erasure) { return erasure.finished; });
  return erasures;
}

Result<bool> erased_since(Database& catalog, std::int64_t collection, Generation generation, UnixMillis recorded) {
  GROUNDS_ASSIGN_OR_RETURN(std::vector<Erasure> erasures, read_erasures(catalog));
  return std::ranges::any_of(erasures, [&](const Erasure& erasure) {
    return erasure.collection == collection && erasure.destroyed > 0 && erasure.destroyed >= recorded &&
           std::ranges::any_of(erasure.live_in, [&](const auto& span) {
             return span.first <= generation && (!span.second || generation < *span.second);
           });
  });
}

tl::unexpected<Error> erased_meanwhile() {
  return fail(ErrorCode::kUnavailable, "a document was erased while it was being read", "do it again");
}

Result<std::vector<std::string>> own_extracts(Workspace& workspace, const Erasure& erasure) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  std::vector<std::string> hashes;
  for (const char* column : {"extract_sha256", "map_sha256"}) {
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        catalog->prepare("WITH own(id) AS " + std::string(kDocument) + " SELECT DISTINCT v." + column +
                         " FROM versions v WHERE v.document = (SELECT id FROM own) AND NOT EXISTS (SELECT 1 FROM versions o "
                         "WHERE o.document <> (SELECT id FROM own) AND (o.extract_sha256 = v." + column +
                         " OR o.map_sha256 = v." + column + "))"));
    statement.bind(erasure.collection, erasure.uri);
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
      if (!row) break;
      hashes.push_back(statement.text(0));
    }
  }
  return hashes;
}

Result<OtherChunks> OtherChunks::read(Workspace& workspace, Database& catalog, const Erasure& erasure) {
  GROUNDS_ASSIGN_OR_RETURN(auto keys, read_chunks(catalog, erasure));
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           catalog.prepare("SELECT g.id, g.space, g.file, g.created FROM segments g JOIN spaces s ON "
                                           "s.id = g.space WHERE s.collection = ? ORDER BY g.id"));
  statement.bind(erasure.collection);
  OtherChunks chunks;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return chunks;
    Part part;
    part.row = statement.integer(0);
    if (!statement.is_null(3)) part.created = static_cast<Generation>(statement.integer(3));
    GROUNDS_ASSIGN_OR_RETURN(part.segment,
                             Segment::open(workspace.file_system(), workspace.segment_path(statement.text(2))));
    part.others = Bitset(part.segment->size(), true);
    GROUNDS_RETURN_IF_ERROR(leave_out(part, keys[statement.integer(1)]));
    chunks.parts_.push_back(std::move(part));
  }
}

Result<bool> OtherChunks::hold(const std::string& term) const {
  for (const Part& part : parts_) {
    GROUNDS_ASSIGN_OR_RETURN(std::vector<Posting> postings, part.segment->postings(term));
    if (std::ranges::any_of(postings, [&](const Posting& posting) { return part.others.test(posting.ordinal); })) return true;
  }
  return false;
}

Status destroy_document(Workspace& workspace, Erasure& erasure) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_RETURN_IF_ERROR(catalog->execute("PRAGMA secure_delete = ON"));
  WrittenFiles written(workspace.file_system());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  Erasure after = erasure;
  GROUNDS_ASSIGN_OR_RETURN(bool there, read_versions(*catalog, after));
  if (!there) return {};
  const std::int64_t collection = erasure.collection;
  const std::string& uri = erasure.uri;
  const std::string of_versions = "(SELECT id FROM versions WHERE document = " + std::string(kDocument) + ")";
  const auto count = [&](const std::string& sql) -> Result<std::uint64_t> {
    GROUNDS_ASSIGN_OR_RETURN(Statement statement, catalog->prepare(sql));
    statement.bind(collection, uri);
    GROUNDS_RETURN_IF_ERROR(statement.step());
    return static_cast<std::uint64_t>(statement.integer(0));
  };
  GROUNDS_ASSIGN_OR_RETURN(std::uint64_t live, count("SELECT count(*) FROM versions WHERE retired IS NULL AND document = " +
                                                     std::string(kDocument)));
  if (live > 0)
    return fail(ErrorCode::kUnavailable, uri + " was ingested again while it was being erased",
                "take it out of its source, then run the command again");
  GROUNDS_ASSIGN_OR_RETURN(std::uint64_t versions, count("SELECT count(*) FROM versions WHERE document = " + std::string(kDocument)));
  GROUNDS_ASSIGN_OR_RETURN(std::uint64_t chunks, count("SELECT count(*) FROM chunks WHERE version IN " + of_versions));
  {
    GROUNDS_ASSIGN_OR_RETURN(OtherChunks others, OtherChunks::read(workspace, *catalog, erasure));
    for (const OtherChunks::Part& part : others.parts()) {
      if (!part.affected) continue;
      GROUNDS_RETURN_IF_ERROR(rewrite(workspace, *catalog, part, written));
      ++after.segments_rewritten;
    }
  }
  for (const std::string& sql :
       {"DELETE FROM chunks WHERE version IN " + of_versions, "DELETE FROM versions WHERE document = " + std::string(kDocument),
        "DELETE FROM access WHERE document = " + std::string(kDocument),
        std::string("DELETE FROM failures WHERE job IN (SELECT id FROM jobs WHERE collection = ?) AND uri = ?"),
        std::string("DELETE FROM documents WHERE collection = ? AND uri = ?")})
    GROUNDS_RETURN_IF_ERROR(catalog->run(sql, collection, uri));
  GROUNDS_RETURN_IF_ERROR(remove_unreferenced_extracts(*catalog));
  GROUNDS_RETURN_IF_ERROR(catalog->run("UPDATE collections SET layout = layout + 1 WHERE id = ?", collection));
  after.versions += versions;
  after.chunks += chunks;
  // Under the catalog's lock: whatever was recorded before saw the document counted.
  after.destroyed = workspace.clock().now();
  GROUNDS_RETURN_IF_ERROR(catalog->run("UPDATE outbox SET detail = ? WHERE id = ?", detail_of(after), after.row));
  written.keep();
  GROUNDS_RETURN_IF_ERROR(transaction.commit());
  erasure = std::move(after);
  return {};
}

Status record_backup(Workspace& workspace, const std::string& path, const std::string& actor) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  return catalog->run("INSERT INTO outbox (time, actor, action, subject, detail) VALUES (?, ?, ?, ?, '{}')",
                      workspace.clock().now(), actor, kBackupAction, path);
}

Result<std::vector<std::string>> recorded_backups(Workspace& workspace, UnixMillis since) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           catalog->prepare("SELECT DISTINCT subject FROM outbox WHERE action = ? AND time >= ? ORDER BY subject"));
  statement.bind(kBackupAction, since);
  std::vector<std::string> paths;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return paths;
    paths.push_back(statement.text(0));
  }
}

}  // namespace grounds
