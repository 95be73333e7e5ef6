// Stable answers: which recorded answer may be given again, and one call for equal questions at a time.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/sqlite.h"
#include "grounds/result.h"
#include "retrieval/evidence.h"

namespace grounds {

// What two questions must share for one answer: the bytes sent (without what differs between a streamed
// and a plain call), the ordered evidence (URI, version, span), endpoint, model and parameters. Hex.
std::string reuse_key(std::string_view request_bytes, std::span<const EvidenceItem> evidence, std::string_view endpoint,
                      std::string_view model, std::string_view parameters);

// answers.db: from keys to the ids of recorded answers. An index over the ledger that may be lost: then
// models are asked again. What is withdrawn is also on record in the ledger. Thread-safe.
class ReuseIndex {
 public:
  ReuseIndex(const FileSystem& file_system, std::string path) : file_system_(file_system), path_(std::move(path)) {}

  // The oldest answer with this key that is neither withdrawn nor from before `since`.
  Result<std::optional<std::string>> find(const std::string& key, UnixMillis since);
  Status add(const std::string& key, const std::string& answer_id, UnixMillis time);
  // Is this answer one that may be given again?
  Result<bool> is_reusable(const std::string& answer_id);
  // Ends the reuse of this answer and of every other so far with its key. False: it is none that could be reused.
  Result<bool> withdraw(const std::string& answer_id, UnixMillis time);

 private:
  Result<Database*> open();  // with mutex_ held
  const FileSystem& file_system_;
  const std::string path_;
  std::mutex mutex_;
  std::optional<Database> database_;
};

// Equal questions at the same time: the first asks, the others wait for what comes of it. Thread-safe.
class Flights {
 public:
  class Flight {
   public:
    // Ended by the one who asked: with the error, if it came to one.
    void land(std::optional<Error> error);
    // False if cancelled before it ended.
    bool wait(const std::function<bool()>& cancelled);
    std::optional<Error> error();

   private:
    std::mutex mutex_;
    std::condition_variable ended_;
    bool done_ = false;           // guarded by mutex_
    std::optional<Error> error_;  // guarded by mutex_
  };
  // The flight of this key; `*first`: it is the caller's to ask and to land.
  std::shared_ptr<Flight> join(const std::string& key, bool* first);
  void leave(const std::string& key);  // by the first, before landing

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Flight>> flights_;
};

}  // namespace grounds
