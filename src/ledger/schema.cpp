#include "ledger/schema.h"

#include <charconv>

#include "ledger/entry_codec.h"

namespace grounds {
namespace {

// Rowid tables: an auditor reads them with sqlite3. The small columns come first, so that a scan over
// them does not touch the pages that long bodies spill into. STRICT: a column holds its declared type.
constexpr const char* kTables = R"sql(
CREATE TABLE IF NOT EXISTS meta (
  name TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS entries (
  sequence INTEGER PRIMARY KEY,
  answer_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  time INTEGER NOT NULL,
  hash_alg TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL,
  commitments TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entries_by_answer ON entries (answer_id, kind);
CREATE TABLE IF NOT EXISTS texts (
  sequence INTEGER NOT NULL,
  name TEXT NOT NULL,
  answer_id TEXT NOT NULL,
  erased INTEGER,
  salt BLOB,
  text TEXT
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS texts_by_entry ON texts (sequence, name);
CREATE TABLE IF NOT EXISTS anchors (
  id INTEGER PRIMARY KEY,
  records INTEGER NOT NULL,
  time INTEGER NOT NULL,
  head TEXT NOT NULL,
  signature TEXT NOT NULL,
  key TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS anchors_by_records ON anchors (records);
)sql";

Result<std::string> meta_value(Database& database, std::string_view name) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, database.prepare("SELECT value FROM meta WHERE name = ?"));
  GROUNDS_ASSIGN_OR_RETURN(const bool found, statement.bind(name).step());
  return found ? statement.text(0) : std::string();
}

Result<bool> has_tables(Database& database) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, database.prepare("SELECT count(*) FROM sqlite_schema"));
  GROUNDS_RETURN_IF_ERROR(statement.step());
  return statement.integer(0) > 0;
}

Result<bool> has_meta(Database& database) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'"));
  return statement.step();
}

Status create_tables(Database& database, RandomSource& random, const Clock& clock) {
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database));
  GROUNDS_ASSIGN_OR_RETURN(const bool made_meanwhile, has_tables(database));
  if (made_meanwhile) return {};
  GROUNDS_RETURN_IF_ERROR(database.execute(kTables));
  const std::string id = UlidSource(clock, random).next();
  const std::string insert = "INSERT INTO meta (name, value) VALUES (?, ?)";
  GROUNDS_RETURN_IF_ERROR(database.run(insert, "ledger_id", id));
  GROUNDS_RETURN_IF_ERROR(database.run(insert, "hash_alg", kHashAlgorithm));
  GROUNDS_RETURN_IF_ERROR(database.run(insert, "format_version", std::to_string(kLedgerFormatVersion)));
  return transaction.commit();
}

}  // namespace

Status prepare_ledger_file(const FileSystem& file_system, const std::string& path, RandomSource& random,
                           const Clock& clock) {
  GROUNDS_ASSIGN_OR_RETURN(Database database, Database::open(file_system, path, DatabaseMode::kCreate));
  GROUNDS_ASSIGN_OR_RETURN(const bool existing, has_tables(database));
  if (!existing) GROUNDS_RETURN_IF_ERROR(create_tables(database, random, clock));
  GROUNDS_ASSIGN_OR_RETURN(const bool meta, has_meta(database));
  std::string version;
  if (meta) {
    GROUNDS_ASSIGN_OR_RETURN(version, meta_value(database, "format_version"));
  }
  std::int64_t number = 0;
  const auto parsed = std::from_chars(version.data(), version.data() + version.size(), number);
  if (version.empty() || parsed.ec != std::errc{} || parsed.ptr != version.data() + version.size() || number < 1)
    return fail(ErrorCode::kDamaged, path + " is not a ledger: it states no format version",
                "restore ledger.db from a backup");
  if (number > kLedgerFormatVersion)
    return fail(ErrorCode::kUsage,
                path + " has format version " + version + "; this program reads up to version " +
                    std::to_string(kLedgerFormatVersion),
                "use the version of Grounds that wrote it, or a newer one");
  GROUNDS_ASSIGN_OR_RETURN(const std::string algorithm, meta_value(database, "hash_alg"));
  if (algorithm != kHashAlgorithm)
    return fail(ErrorCode::kDamaged, path + " states the unknown hash algorithm '" + algorithm + "'",
                "restore ledger.db from a backup");
  return {};
}

}  // namespace grounds
