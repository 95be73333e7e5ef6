#include "index/generation/catalog.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "base/canonical_json.h"
#include "index/generation/erase.h"

namespace grounds {
namespace {

Result<std::vector<Space>> read_spaces(Database& database, std::int64_t collection) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      database.prepare("SELECT id, language, fingerprint, identity, dimension FROM spaces WHERE collection = ? ORDER BY id"));
  statement.bind(collection);
  std::vector<Space> spaces;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return spaces;
    spaces.push_back({statement.integer(0), statement.text(1), statement.text(2), statement.text(3),
                      static_cast<std::uint32_t>(statement.integer(4))});
  }
}

constexpr std::string_view kCollectionColumns =
    "SELECT c.id, c.name, c.created, s.version, s.body, coalesce(g.generation, 0), coalesce(g.access_epoch, 0), "
    "coalesce(g.documents, 0), coalesce(g.chunks, 0), c.layout FROM collections c "
    "JOIN settings s ON s.collection = c.id AND s.version = (SELECT max(version) FROM settings WHERE collection = c.id) "
    "LEFT JOIN generations g ON g.collection = c.id AND g.generation = "
    "(SELECT max(generation) FROM generations WHERE collection = c.id) WHERE c.deleted IS NULL";

Result<Collection> read_collection(Database& database, const Statement& row) {
  Collection collection;
  collection.id = row.integer(0);
  collection.name = row.text(1);
  collection.created = row.integer(2);
  collection.settings_version = row.integer(3);
  auto settings = Settings::from_json(row.text_view(4));
  if (!settings) return fail(std::move(settings).error().in("collection " + collection.name));
  collection.settings = std::move(*settings);
  collection.generation = static_cast<Generation>(row.integer(5));
  collection.access_epoch = static_cast<Generation>(row.integer(6));
  collection.documents = static_cast<std::uint64_t>(row.integer(7));
  collection.chunks = static_cast<std::uint64_t>(row.integer(8));
  collection.layout = row.integer(9);
  GROUNDS_ASSIGN_OR_RETURN(collection.spaces, read_spaces(database, collection.id));
  return collection;
}

Result<std::vector<Collection>> read_collections(Database& database) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, database.prepare(std::string(kCollectionColumns) + " ORDER BY c.name"));
  std::vector<Collection> collections;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return collections;
    GROUNDS_ASSIGN_OR_RETURN(Collection collection, read_collection(database, statement));
    collections.push_back(std::move(collection));
  }
}

Result<Collection> read_collection_named(Database& database, const std::string& name) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, database.prepare(std::string(kCollectionColumns) + " AND c.name = ?"));
  statement.bind(name);
  GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
  if (row) return read_collection(database, statement);
  GROUNDS_ASSIGN_OR_RETURN(std::vector<Collection> all, read_collections(database));
  std::string known;
  for (const Collection& each : all) known += (known.empty() ? "" : ", ") + each.name;
  return fail(ErrorCode::kNotFound, "no collection '" + name + "'",
              name == "default"  ? "nothing is ingested yet: grounds ingest FOLDER"
              : known.empty() ? "create it: grounds collections create " + name
                              : "create it: grounds collections create " + name + "; there are: " + known);
}

bool valid_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && name.front() != '-' &&
         std::ranges::all_of(name, [](unsigned char c) {
           return std::isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

Status write_settings(Database& database, std::int64_t collection, std::int64_t version, const Settings& settings,
                      UnixMillis now, const std::string& actor) {
  return database.run("INSERT INTO settings (collection, version, body, changed, actor) VALUES (?, ?, ?, ?, ?)",
                      collection, version, settings.to_json(), now, actor);
}

Status write_outbox(Database& database, UnixMillis now, const std::string& actor, std::string_view action,
                    const std::string& subject, const std::string& detail) {
  return database.run("INSERT INTO outbox (time, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?)", now, actor,
                      action, subject, detail);
}

// The documents of a collection that a principal may read now, as a condition on d.id; binds nothing
// for an admin, else one JSON array of groups.
std::string readable(const Principal& principal) {
  if (principal.admin) return "1 = 1";
  return "EXISTS (SELECT 1 FROM access a, json_each(?) j WHERE a.document = d.id AND a.retired IS NULL "
         "AND a.\"group\" = j.value)";
}

std::string groups_json(const Principal& principal) { return Json(principal.groups).dump(); }

constexpr std::string_view kVersionColumns =
    "SELECT d.id, v.id, d.uri, v.title, v.date, v.parser, v.metadata, v.warnings, s.language, v.source_sha256, "
    "v.extract_sha256, v.map_sha256, v.source_bytes, v.source_modified, v.ingested, v.created, v.retired, "
    "(SELECT count(*) FROM chunks c WHERE c.version = v.id), "
    "(SELECT group_concat(a.\"group\") FROM access a WHERE a.document = d.id AND a.retired IS NULL) "
    "FROM documents d JOIN versions v ON v.document = d.id JOIN spaces s ON s.id = v.space WHERE d.collection = ?";

std::vector<std::string> split_groups(const std::string& text) {
  std::vector<std::string> groups;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t comma = std::min(text.find(',', at), text.size());
    if (comma > at) groups.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  std::ranges::sort(groups);
  return groups;
}

DocumentVersion read_version(const Statement& row) {
  DocumentVersion version;
  version.document = row.integer(0);
  version.version = row.integer(1);
  version.uri = row.text(2);
  version.title = row.text(3);
  version.date = row.text(4);
  version.parser = row.text(5);
  version.metadata = row.text(6);
  version.warnings = row.text(7);
  version.language = row.text(8);
  version.source_sha256 = row.text(9);
  version.extract_sha256 = row.text(10);
  version.map_sha256 = row.text(11);
  version.source_bytes = static_cast<std::uint64_t>(row.integer(12));
  version.source_modified = row.integer(13);
  version.ingested = row.integer(14);
  version.created = static_cast<Generation>(row.integer(15));
  if (!row.is_null(16)) version.retired = static_cast<Generation>(row.integer(16));
  version.chunks = static_cast<std::uint64_t>(row.integer(17));
  if (!row.is_null(18)) version.groups = split_groups(row.text(18));
  return version;
}

Result<std::vector<DocumentVersion>> read_versions(Statement& statement) {
  std::vector<DocumentVersion> versions;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return versions;
    versions.push_back(read_version(statement));
  }
}

constexpr std::string_view kChunkColumns =
    "SELECT c.chunk_id, c.created, c.version, v.document, c.number, c.\"begin\", c.\"end\", c.heading, "
    "c.table_header, c.page_from, c.page_to, d.uri, v.title, v.date, v.source_sha256, v.extract_sha256, "
    "v.source_modified FROM chunks c JOIN versions v ON v.id = c.version JOIN documents d ON d.id = v.document ";

ChunkRow read_chunk(const Statement& row) {
  ChunkRow chunk;
  std::span<const std::uint8_t> id = row.blob(0);
  std::memcpy(chunk.id.bytes.data(), id.data(), std::min(id.size(), chunk.id.bytes.size()));
  chunk.created = static_cast<Generation>(row.integer(1));
  chunk.version = row.integer(2);
  chunk.document = row.integer(3);
  chunk.number = row.integer(4);
  chunk.begin = static_cast<std::uint64_t>(row.integer(5));
  chunk.end = static_cast<std::uint64_t>(row.integer(6));
  chunk.heading = row.text(7);
  chunk.table_header = row.text(8);
  chunk.page_from = static_cast<int>(row.integer(9));
  chunk.page_to = static_cast<int>(row.integer(10));
  chunk.uri = row.text(11);
  chunk.title = row.text(12);
  chunk.date = row.text(13);
  chunk.source_sha256 = row.text(14);
  chunk.extract_sha256 = row.text(15);
  chunk.source_modified = row.integer(16);
  return chunk;
}

tl::unexpected<Error> no_document(const Collection& collection, const std::string& uri) {
  return fail(ErrorCode::kNotFound, "no document '" + uri + "' in collection " + collection.name,
              "list them: grounds docs list -c " + collection.name);
}

}  // namespace

Result<Collection> Catalog::create_collection(const std::string& name, const std::vector<Space>& spaces,
                                              const Settings& settings, const std::string& actor) {
  if (!valid_name(name))
    return fail(ErrorCode::kUsage, "'" + name + "' is not a collection name",
                "use letters, digits, '-', '_' and '.', at most 64, beginning with a letter, a digit or '_'");
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  if (auto existing = read_collection_named(*catalog, name); existing)
    return fail(ErrorCode::kUsage, "collection '" + name + "' exists already", "choose another name");
  UnixMillis now = workspace_.clock().now();
  GROUNDS_RETURN_IF_ERROR(catalog->run("INSERT INTO collections (name, created) VALUES (?, ?)", name, now));
  std::int64_t id = catalog->last_insert_rowid();
  for (const Space& space : spaces)
    GROUNDS_RETURN_IF_ERROR(catalog->run(
        "INSERT INTO spaces (collection, language, fingerprint, identity, dimension) VALUES (?, ?, ?, ?, ?)", id,
        space.language, space.fingerprint, space.identity, space.dimension));
  GROUNDS_RETURN_IF_ERROR(write_settings(*catalog, id, 1, settings, now, actor));
  GROUNDS_RETURN_IF_ERROR(write_outbox(*catalog, now, actor, "collection.create", name, settings.to_json()));
  GROUNDS_RETURN_IF_ERROR(transaction.commit());
  return read_collection_named(*catalog, name);
}

Result<Collection> Catalog::find_collection(const std::string& name) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
  GROUNDS_ASSIGN_OR_RETURN(ReadTransaction read, ReadTransaction::begin(*catalog));
  return read_collection_named(*catalog, name);
}

Result<std::vector<Collection>> Catalog::list_collections() {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
  GROUNDS_ASSIGN_OR_RETURN(ReadTransaction read, ReadTransaction::begin(*catalog));
  return read_collections(*catalog);
}

Status Catalog::delete_collection(const std::string& name, const std::string& actor) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  GROUNDS_ASSIGN_OR_RETURN(Collection collection, read_collection_named(*catalog, name));
  UnixMillis now = workspace_.clock().now();
  GROUNDS_RETURN_IF_ERROR(catalog->run("UPDATE collections SET deleted = ? WHERE id = ?", now, collection.id));
  GROUNDS_RETURN_IF_ERROR(write_outbox(*catalog, now, actor, "collection.delete", name, "{}"));
  return transaction.commit();
}

Result<Collection> Catalog::change_settings(const std::string& name, const std::function<Status(Settings&)>& change,
                                            const std::string& actor) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  GROUNDS_ASSIGN_OR_RETURN(Collection collection, read_collection_named(*catalog, name));
  Settings settings = collection.settings;
  GROUNDS_RETURN_IF_ERROR(change(settings));
  if (collection.settings == settings) return collection;
  UnixMillis now = workspace_.clock().now();
  GROUNDS_RETURN_IF_ERROR(
      write_settings(*catalog, collection.id, collection.settings_version + 1, settings, now, actor));
  GROUNDS_RETURN_IF_ERROR(write_outbox(*catalog, now, actor, "collection.settings", name, settings.to_json()));
  GROUNDS_RETURN_IF_ERROR(transaction.commit());
  return read_collection_named(*catalog, name);
}

Result<std::vector<DocumentVersion>> Catalog::list_documents(const Collection& collection, const Principal& principal,
                                                             std::int64_t limit, const std::string& after_uri) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           catalog->prepare(std::string(kVersionColumns) +
                                            " AND v.retired IS NULL AND d.uri > ? AND " + readable(principal) +
                                            " ORDER BY d.uri LIMIT ?"));
  std::string groups = groups_json(principal);
  if (principal.admin) statement.bind(collection.id, after_uri, limit);
  else statement.bind(collection.id, after_uri, groups, limit);
  return read_versions(statement);
}

Result<DocumentVersion> Catalog::find_document(const Collection& collection, const std::string& uri,
                                               const Principal& principal) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           catalog->prepare(std::string(kVersionColumns) + " AND v.retired IS NULL AND d.uri = ? AND " +
                                            readable(principal)));
  std::string groups = groups_json(principal);
  if (principal.admin) statement.bind(collection.id, uri);
  else statement.bind(collection.id, uri, groups);
  GROUNDS_ASSIGN_OR_RETURN(std::vector<DocumentVersion> found, read_versions(statement));
  if (found.empty()) return no_document(collection, uri);
  return std::move(found.front());
}

Result<std::vector<DocumentVersion>> Catalog::history(const Collection& collection, const std::string& uri,
                                                      const Principal& principal) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           catalog->prepare(std::string(kVersionColumns) + " AND d.uri = ? AND " + readable(principal) +
                                            " ORDER BY v.created DESC"));
  std::string groups = groups_json(principal);
  if (principal.admin) statement.bind(collection.id, uri);
  else statement.bind(collection.id, uri, groups);
  GROUNDS_ASSIGN_OR_RETURN(std::vector<DocumentVersion> found, read_versions(statement));
  if (found.empty()) return no_document(collection, uri);
  return found;
}

Error analyzed_otherwise(const std::string& collection, std::string_view theirs, std::string_view ours) {
  return {ErrorCode::kRefused,
          "collection " + collection + " was indexed with analyzer " + std::string(theirs) + ", this program has " +
              std::string(ours),
          "run: grounds index rebuild -c " + collection + "; or use the version of grounds that indexed it"};
}

Result<std::vector<DocumentState>> Catalog::document_states(const Collection& collection) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      catalog->prepare("SELECT d.uri, v.source_sha256, v.chunking, v.source_bytes, v.source_modified, v.ingested, "
                       "(SELECT group_concat(a.\"group\") FROM access a WHERE a.document = d.id AND "
                       "a.retired IS NULL), v.title, v.metadata FROM documents d JOIN versions v ON v.document = d.id "
                       "WHERE d.collection = ? AND v.retired IS NULL ORDER BY d.uri"));
  statement.bind(collection.id);
  std::vector<DocumentState> states;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return states;
    DocumentState& state = states.emplace_back();
    state.uri = statement.text(0);
    state.source_sha256 = statement.text(1);
    state.chunking = statement.text(2);
    state.source_bytes = static_cast<std::uint64_t>(statement.integer(3));
    state.source_modified = statement.integer(4);
    state.ingested = statement.integer(5);
    if (!statement.is_null(6)) state.groups = split_groups(statement.text(6));
    state.title = statement.text(7);
    state.metadata = statement.text(8);
  }
}

Result<ChunkRow> Catalog::chunk(std::int64_t space, const ChunkId& id, Generation generation) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           catalog->prepare(std::string(kChunkColumns) +
                                            "WHERE c.space = ? AND c.chunk_id = ? AND c.created <= ? AND "
                                            "(c.retired IS NULL OR c.retired > ?)"));
  statement.bind(space, std::span<const std::uint8_t>(id.bytes), generation, generation);
  GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
  if (!row) {
    GROUNDS_ASSIGN_OR_RETURN(Statement owner, catalog->prepare("SELECT collection FROM spaces WHERE id = ?"));
    owner.bind(space);
    GROUNDS_ASSIGN_OR_RETURN(bool known, owner.step());
    GROUNDS_ASSIGN_OR_RETURN(bool pruned, is_pruned(*catalog, known ? owner.integer(0) : 0, generation));
    if (pruned) return pruned_generation(generation);
    GROUNDS_ASSIGN_OR_RETURN(bool erased, erased_since(*catalog, known ? owner.integer(0) : 0, generation, 0));
    if (erased) return erased_meanwhile();
    return fail(ErrorCode::kDamaged,
                "chunk " + id.hex() + " is in a segment but not in the catalog of generation " + std::to_string(generation),
                "run: grounds doctor");
  }
  return read_chunk(statement);
}

Result<std::vector<ChunkRow>> Catalog::chunks_of(std::int64_t version) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           catalog->prepare(std::string(kChunkColumns) + "WHERE c.version = ? ORDER BY c.number"));
  statement.bind(version);
  std::vector<ChunkRow> chunks;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return chunks;
    chunks.push_back(read_chunk(statement));
  }
}

Result<bool> Catalog::is_pruned(Database& database, std::int64_t collection, Generation generation) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      database.prepare("SELECT 1 FROM generations WHERE collection = ? AND generation = ? AND pruned IS NOT NULL"));
  statement.bind(collection, generation);
  return statement.step();
}

tl::unexpected<Error> pruned_generation(Generation generation) {
  return fail(ErrorCode::kNotFound, "generation " + std::to_string(generation) + " was pruned: its chunks are no longer kept",
              "name a later one; how many are kept is the collection's setting generations.retain");
}

Result<Generation> Catalog::generation_at(const Collection& collection, UnixMillis time) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      catalog->prepare("SELECT max(generation) FROM generations WHERE collection = ? AND time <= ?"));
  statement.bind(collection.id, time);
  GROUNDS_RETURN_IF_ERROR(statement.step());
  if (statement.is_null(0))
    return fail(ErrorCode::kNotFound,
                "collection " + collection.name + " had no generation at " + format_time(time),
                "its first one was committed later");
  return static_cast<Generation>(statement.integer(0));
}

Result<std::optional<std::pair<ChunkId, Generation>>> Catalog::chunk_with_text(
    std::int64_t space, std::span<const std::uint8_t> text_hash) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      catalog->prepare("SELECT chunk_id, created FROM chunks WHERE space = ? AND text_hash = ? ORDER BY created DESC LIMIT 1"));
  statement.bind(space, text_hash);
  GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
  if (!row) return std::nullopt;
  ChunkId id;
  std::span<const std::uint8_t> bytes = statement.blob(0);
  std::memcpy(id.bytes.data(), bytes.data(), std::min(bytes.size(), id.bytes.size()));
  return std::pair{id, static_cast<Generation>(statement.integer(1))};
}

}  // namespace grounds
