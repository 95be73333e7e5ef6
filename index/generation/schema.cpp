#include "index/generation/schema.h"

#include "index/generation/workspace.h"

namespace grounds {
namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS collections (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  created INTEGER NOT NULL,
  deleted INTEGER,
  layout INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX IF NOT EXISTS collections_name ON collections (name) WHERE deleted IS NULL;

CREATE TABLE IF NOT EXISTS settings (
  collection INTEGER NOT NULL REFERENCES collections,
  version INTEGER NOT NULL,
  body TEXT NOT NULL,
  changed INTEGER NOT NULL,
  actor TEXT NOT NULL,
  PRIMARY KEY (collection, version)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS spaces (
  id INTEGER PRIMARY KEY,
  collection INTEGER NOT NULL REFERENCES collections,
  language TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  identity TEXT NOT NULL,
  dimension INTEGER NOT NULL);

CREATE TABLE IF NOT EXISTS generations (
  collection INTEGER NOT NULL REFERENCES collections,
  generation INTEGER NOT NULL,
  time INTEGER NOT NULL,
  access_epoch INTEGER NOT NULL,
  documents INTEGER NOT NULL,
  chunks INTEGER NOT NULL,
  job TEXT NOT NULL,
  actor TEXT NOT NULL,
  runtime TEXT NOT NULL,
  pruned INTEGER,
  PRIMARY KEY (collection, generation)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS documents (
  id INTEGER PRIMARY KEY,
  collection INTEGER NOT NULL REFERENCES collections,
  uri TEXT NOT NULL,
  UNIQUE (collection, uri));

CREATE TABLE IF NOT EXISTS versions (
  id INTEGER PRIMARY KEY,
  document INTEGER NOT NULL REFERENCES documents,
  created INTEGER NOT NULL,
  retired INTEGER,
  source_sha256 TEXT NOT NULL,
  source_bytes INTEGER NOT NULL,
  source_modified INTEGER NOT NULL,
  extract_sha256 TEXT NOT NULL,
  map_sha256 TEXT NOT NULL,
  parser TEXT NOT NULL,
  chunking TEXT NOT NULL,
  space INTEGER NOT NULL REFERENCES spaces,
  title TEXT NOT NULL,
  date TEXT NOT NULL,
  metadata TEXT NOT NULL,
  warnings TEXT NOT NULL,
  ingested INTEGER NOT NULL,
  job TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS versions_document ON versions (document, created);
CREATE INDEX IF NOT EXISTS versions_source ON versions (source_sha256);

CREATE TABLE IF NOT EXISTS chunks (
  space INTEGER NOT NULL REFERENCES spaces,
  chunk_id BLOB NOT NULL,
  created INTEGER NOT NULL,
  retired INTEGER,
  version INTEGER NOT NULL REFERENCES versions,
  number INTEGER NOT NULL,
  "begin" INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  heading TEXT NOT NULL,
  page_from INTEGER NOT NULL,
  page_to INTEGER NOT NULL,
  table_header TEXT NOT NULL,
  text_hash BLOB NOT NULL,
  PRIMARY KEY (space, chunk_id, created)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS chunks_version ON chunks (version, number);
CREATE INDEX IF NOT EXISTS chunks_text ON chunks (space, text_hash);
CREATE INDEX IF NOT EXISTS chunks_retired ON chunks (space, retired) WHERE retired IS NOT NULL;

CREATE TABLE IF NOT EXISTS segments (
  id INTEGER PRIMARY KEY,
  space INTEGER NOT NULL REFERENCES spaces,
  file TEXT NOT NULL UNIQUE,
  created INTEGER,
  published INTEGER NOT NULL,
  chunks INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  analyzer TEXT NOT NULL DEFAULT '');

CREATE TABLE IF NOT EXISTS access (
  document INTEGER NOT NULL REFERENCES documents,
  "group" TEXT NOT NULL,
  created INTEGER NOT NULL,
  retired INTEGER,
  PRIMARY KEY (document, "group", created)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS packs (
  id INTEGER PRIMARY KEY,
  file TEXT NOT NULL UNIQUE,
  bytes INTEGER NOT NULL);

CREATE TABLE IF NOT EXISTS extracts (
  sha256 TEXT PRIMARY KEY,
  pack INTEGER NOT NULL REFERENCES packs,
  "offset" INTEGER NOT NULL,
  length INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS extracts_pack ON extracts (pack, length);

CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY,
  collection INTEGER NOT NULL REFERENCES collections,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  started INTEGER NOT NULL,
  finished INTEGER,
  actor TEXT NOT NULL,
  arguments TEXT NOT NULL,
  counts TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS failures (
  job TEXT NOT NULL REFERENCES jobs,
  uri TEXT NOT NULL,
  stage TEXT NOT NULL,
  reason TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS failures_job ON failures (job);

CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL);
)sql";

// What format 2 added: merges (layout, analyzer) and pruned generations.
constexpr const char* kFormat2 = R"sql(
ALTER TABLE collections ADD COLUMN layout INTEGER NOT NULL DEFAULT 0;
ALTER TABLE generations ADD COLUMN pruned INTEGER;
ALTER TABLE segments ADD COLUMN analyzer TEXT NOT NULL DEFAULT '';
CREATE INDEX extracts_pack ON extracts (pack, length);
)sql";

}  // namespace

Status create_schema(Database& database, const std::string& workspace_id, UnixMillis now) {
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database));
  GROUNDS_RETURN_IF_ERROR(database.execute(kTables));
  constexpr std::string_view kInsert = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING";
  GROUNDS_RETURN_IF_ERROR(database.run(kInsert, "format_version", std::to_string(kWorkspaceFormat)));
  GROUNDS_RETURN_IF_ERROR(database.run(kInsert, "workspace_id", workspace_id));
  GROUNDS_RETURN_IF_ERROR(database.run(kInsert, "created", format_time(now)));
  return transaction.commit();
}

Result<bool> has_schema(Database& database) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      database.prepare("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'"));
  GROUNDS_RETURN_IF_ERROR(statement.step());
  return statement.integer(0) == 1;
}

Status migrate_schema(Database& database) {
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database));
  // Read again under the lock: another process may have been faster.
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           database.prepare("SELECT value FROM meta WHERE key = 'format_version'"));
  GROUNDS_ASSIGN_OR_RETURN(bool found, statement.step());
  const std::string format = found ? statement.text(0) : std::string();
  statement.reset();
  if (format != "1") return {};
  GROUNDS_RETURN_IF_ERROR(database.execute(kFormat2));
  GROUNDS_RETURN_IF_ERROR(database.run("UPDATE meta SET value = '2' WHERE key = 'format_version'"));
  return transaction.commit();
}

}  // namespace grounds
