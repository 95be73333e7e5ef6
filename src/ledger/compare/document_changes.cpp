#include "ledger/compare/document_changes.h"

#include <map>

namespace grounds {
namespace {

constexpr std::string_view kColumns =
    "SELECT d.uri, d.id, v.id, v.source_sha256, v.extract_sha256, v.parser, v.chunking, v.title, v.date, v.metadata, "
    "v.created, v.retired, v.ingested, v.source_modified, "
    "v.created <= ?2 AND (v.retired IS NULL OR v.retired > ?2), v.created <= ?3 AND (v.retired IS NULL OR v.retired > ?3) "
    "FROM documents d JOIN versions v ON v.document = d.id WHERE d.collection = ?1 AND ";

VersionFacts read_facts(const Statement& row) {
  VersionFacts facts;
  facts.document = row.integer(1);
  facts.version = row.integer(2);
  facts.source_sha256 = row.text(3);
  facts.extract_sha256 = row.text(4);
  facts.parser = row.text(5);
  facts.chunking = row.text(6);
  facts.title = row.text(7);
  facts.date = row.text(8);
  facts.metadata = row.text(9);
  facts.created = static_cast<Generation>(row.integer(10));
  if (!row.is_null(11)) facts.retired = static_cast<Generation>(row.integer(11));
  facts.ingested = row.integer(12);
  facts.source_modified = row.integer(13);
  return facts;
}

using Changes = std::map<std::string, DocumentChange>;

// Adds the versions live on the sides asked for; `only_different` leaves out those live on both.
Status read_versions(Database& database, std::int64_t collection, Generation a, Generation b, bool into_a, bool into_b,
                     bool only_different, Changes& changes) {
  std::string sql(kColumns);
  sql += only_different
             ? "(v.created <= ?2 AND (v.retired IS NULL OR v.retired > ?2)) != (v.created <= ?3 AND (v.retired IS NULL OR v.retired > ?3))"
             : "v.created <= ?2 AND (v.retired IS NULL OR v.retired > ?2)";
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, database.prepare(sql));
  statement.bind(collection, a, b);
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return {};
    DocumentChange& change = changes[statement.text(0)];
    if (into_a && statement.integer(14) != 0) change.a = read_facts(statement);
    if (into_b && statement.integer(15) != 0) change.b = read_facts(statement);
  }
}

bool same_content(const VersionFacts& a, const VersionFacts& b) {
  return a.source_sha256 == b.source_sha256 && a.extract_sha256 == b.extract_sha256 && a.chunking == b.chunking &&
         a.title == b.title && a.date == b.date && a.metadata == b.metadata;
}

Factor factor_of(const DocumentChange& change) {
  if (!change.a || !change.b || change.a->source_sha256 != change.b->source_sha256) return Factor::kData;
  if (change.a->extract_sha256 != change.b->extract_sha256 || change.a->parser != change.b->parser) return Factor::kParser;
  if (change.a->chunking != change.b->chunking) return Factor::kSettings;
  return Factor::kData;
}

}  // namespace

Result<std::vector<DocumentChange>> document_changes(Workspace& workspace, const DataState& a, const DataState& b) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(ReadTransaction read, ReadTransaction::begin(*catalog));
  Changes changes;
  if (a.collection == b.collection) {
    GROUNDS_RETURN_IF_ERROR(read_versions(*catalog, a.collection, a.generation, b.generation, true, true, true, changes));
  } else {
    GROUNDS_RETURN_IF_ERROR(read_versions(*catalog, a.collection, a.generation, a.generation, true, false, false, changes));
    GROUNDS_RETURN_IF_ERROR(read_versions(*catalog, b.collection, b.generation, b.generation, false, true, false, changes));
  }
  std::vector<DocumentChange> list;
  for (auto& [uri, change] : changes) {
    if (change.a && change.b && same_content(*change.a, *change.b)) continue;
    change.uri = uri;
    change.factor = factor_of(change);
    list.push_back(std::move(change));
  }
  return list;
}

}  // namespace grounds
