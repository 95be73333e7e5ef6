#include "answer/backends/backend_store.h"

namespace grounds {
namespace {

Result<Spent> read_spent(Database& database, const std::string& backend, const std::string& period) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           database.prepare("SELECT tokens, money FROM spending WHERE backend = ? AND period = ?"));
  GROUNDS_ASSIGN_OR_RETURN(bool found, statement.bind(backend, period).step());
  return found ? Spent{statement.integer(0), statement.integer(1)} : Spent{};
}

}  // namespace

Result<Database*> BackendStore::open() {
  if (database_) return &*database_;
  const bool is_new = !file_system_.exists(path_);
  GROUNDS_ASSIGN_OR_RETURN(Database database, Database::open(file_system_, path_, DatabaseMode::kCreate));
  GROUNDS_RETURN_IF_ERROR(database.execute(
      "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
      "CREATE TABLE IF NOT EXISTS spending (backend TEXT NOT NULL, period TEXT NOT NULL, tokens INTEGER NOT NULL,"
      " money INTEGER NOT NULL, PRIMARY KEY (backend, period)) STRICT;"
      "CREATE TABLE IF NOT EXISTS models (endpoint TEXT NOT NULL, model TEXT NOT NULL, canaries TEXT NOT NULL,"
      " baseline TEXT NOT NULL, epoch INTEGER NOT NULL, since INTEGER NOT NULL, checked INTEGER NOT NULL,"
      " PRIMARY KEY (endpoint, model)) STRICT;"));
  if (is_new) GROUNDS_RETURN_IF_ERROR(database.run("INSERT OR IGNORE INTO meta (name, value) VALUES ('format_version', '1')"));
  {
    GROUNDS_ASSIGN_OR_RETURN(Statement version, database.prepare("SELECT value FROM meta WHERE name = 'format_version'"));
    GROUNDS_ASSIGN_OR_RETURN(bool found, version.step());
    if (found && version.text(0) != "1")
      return fail(ErrorCode::kUsage, path_ + " was written by a later version of grounds", "use that version");
  }
  database_ = std::move(database);
  return &*database_;
}

Result<bool> BackendStore::reserve(const std::string& backend, const std::string& period, const Spent& amount, const Budget* limits) {
  std::lock_guard lock(mutex_);
  GROUNDS_ASSIGN_OR_RETURN(Database * database, open());
  // Reading and charging are one transaction: neither a thread nor a process comes in between.
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*database));
  GROUNDS_ASSIGN_OR_RETURN(const Spent before, read_spent(*database, backend, period));
  if (limits != nullptr && ((limits->tokens && before.tokens + amount.tokens > *limits->tokens) ||
                            (limits->money && before.money + amount.money > *limits->money)))
    return false;
  GROUNDS_RETURN_IF_ERROR(database->run(
      "INSERT INTO spending (backend, period, tokens, money) VALUES (?, ?, ?, ?)"
      " ON CONFLICT (backend, period) DO UPDATE SET tokens = tokens + excluded.tokens, money = money + excluded.money",
      backend, period, amount.tokens, amount.money));
  GROUNDS_RETURN_IF_ERROR(transaction.commit());
  return true;
}

Status BackendStore::give_back(const std::string& backend, const std::string& period, const Spent& amount) {
  if (amount == Spent{}) return {};
  std::lock_guard lock(mutex_);
  GROUNDS_ASSIGN_OR_RETURN(Database * database, open());
  return database->run("UPDATE spending SET tokens = tokens - ?, money = money - ? WHERE backend = ? AND period = ?",
                       amount.tokens, amount.money, backend, period);
}

Result<Spent> BackendStore::spent(const std::string& backend, const std::string& period) {
  std::lock_guard lock(mutex_);
  if (!database_ && !file_system_.exists(path_)) return Spent{};
  GROUNDS_ASSIGN_OR_RETURN(Database * database, open());
  return read_spent(*database, backend, period);
}

Result<std::optional<ModelWatch>> BackendStore::watch(const std::string& endpoint, const std::string& model) {
  std::lock_guard lock(mutex_);
  if (!database_ && !file_system_.exists(path_)) return std::optional<ModelWatch>();
  GROUNDS_ASSIGN_OR_RETURN(Database * database, open());
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           database->prepare("SELECT canaries, baseline, epoch, since, checked FROM models WHERE endpoint = ? AND model = ?"));
  GROUNDS_ASSIGN_OR_RETURN(bool found, statement.bind(endpoint, model).step());
  if (!found) return std::optional<ModelWatch>();
  return std::optional<ModelWatch>(
      ModelWatch{statement.text(0), statement.text(1), statement.integer(2), statement.integer(3), statement.integer(4)});
}

Status BackendStore::set_watch(const std::string& endpoint, const std::string& model, const ModelWatch& watch) {
  std::lock_guard lock(mutex_);
  GROUNDS_ASSIGN_OR_RETURN(Database * database, open());
  return database->run(
      "INSERT OR REPLACE INTO models (endpoint, model, canaries, baseline, epoch, since, checked) VALUES (?, ?, ?, ?, ?, ?, ?)",
      endpoint, model, watch.canaries, watch.baseline, watch.epoch, watch.since, watch.checked);
}

}  // namespace grounds
