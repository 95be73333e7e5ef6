#include "answer/asker/reuse.h"

#include <chrono>

#include "base/hash.h"

namespace grounds {

std::string reuse_key(std::string_view request_bytes, std::span<const EvidenceItem> evidence, std::string_view endpoint,
                      std::string_view model, std::string_view parameters) {
  Sha256 hash;
  hash.field("grounds answer reuse 1").field(request_bytes).field(endpoint).field(model).field(parameters);
  hash.field(static_cast<std::uint64_t>(evidence.size()));
  for (const EvidenceItem& item : evidence) hash.field(item.uri).field(item.version).field(item.begin).field(item.end);
  return to_hex(hash.finish());
}

Result<Database*> ReuseIndex::open() {
  if (database_) return &*database_;
  GROUNDS_ASSIGN_OR_RETURN(Database database, Database::open(file_system_, path_, DatabaseMode::kCreate));
  GROUNDS_RETURN_IF_ERROR(database.execute(
      "CREATE TABLE IF NOT EXISTS reusable (answer_id TEXT PRIMARY KEY, key TEXT NOT NULL, time INTEGER NOT NULL,"
      " withdrawn INTEGER) STRICT;"
      "CREATE INDEX IF NOT EXISTS reusable_by_key ON reusable (key, time);"));
  database_ = std::move(database);
  return &*database_;
}

Result<std::optional<std::string>> ReuseIndex::find(const std::string& key, UnixMillis since) {
  std::lock_guard lock(mutex_);
  GROUNDS_ASSIGN_OR_RETURN(Database * database, open());
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           database->prepare("SELECT answer_id FROM reusable WHERE key = ? AND time >= ? AND withdrawn IS NULL"
                                             " ORDER BY time, answer_id LIMIT 1"));
  GROUNDS_ASSIGN_OR_RETURN(bool found, statement.bind(key, since).step());
  if (!found) return std::optional<std::string>();
  return std::optional<std::string>(statement.text(0));
}

Status ReuseIndex::add(const std::string& key, const std::string& answer_id, UnixMillis time) {
  std::lock_guard lock(mutex_);
  GROUNDS_ASSIGN_OR_RETURN(Database * database, open());
  return database->run("INSERT OR IGNORE INTO reusable (answer_id, key, time) VALUES (?, ?, ?)", answer_id, key, time);
}

Result<bool> ReuseIndex::is_reusable(const std::string& answer_id) {
  std::lock_guard lock(mutex_);
  GROUNDS_ASSIGN_OR_RETURN(Database * database, open());
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           database->prepare("SELECT 1 FROM reusable WHERE answer_id = ? AND withdrawn IS NULL"));
  return statement.bind(answer_id).step();
}

Result<bool> ReuseIndex::withdraw(const std::string& answer_id, UnixMillis time) {
  std::lock_guard lock(mutex_);
  GROUNDS_ASSIGN_OR_RETURN(Database * database, open());
  GROUNDS_RETURN_IF_ERROR(database->run(
      "UPDATE reusable SET withdrawn = ? WHERE withdrawn IS NULL AND key = (SELECT key FROM reusable WHERE answer_id = ? AND withdrawn IS NULL)",
      time, answer_id));
  return database->changes() > 0;
}

void Flights::Flight::land(std::optional<Error> error) {
  {
    std::lock_guard lock(mutex_);
    done_ = true;
    error_ = std::move(error);
  }
  ended_.notify_all();
}

bool Flights::Flight::wait(const std::function<bool()>& cancelled) {
  std::unique_lock lock(mutex_);
  while (!done_) {
    ended_.wait_for(lock, std::chrono::milliseconds(50));
    if (!done_ && cancelled && cancelled()) return false;
  }
  return true;
}

std::optional<Error> Flights::Flight::error() {
  std::lock_guard lock(mutex_);
  return error_;
}

std::shared_ptr<Flights::Flight> Flights::join(const std::string& key, bool* first) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<Flight>& flight = flights_[key];
  *first = flight == nullptr;
  if (*first) flight = std::make_shared<Flight>();
  return flight;
}

void Flights::leave(const std::string& key) {
  std::lock_guard lock(mutex_);
  flights_.erase(key);
}

}  // namespace grounds
