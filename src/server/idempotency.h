// Idempotency-Key: a request sent twice has one effect and one response.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"

namespace grounds {

struct KeptResponse {
  int status = 200;
  std::string content_type, body;
};

// Of this process: for a day at most, and for less where there are more than `max_kept` keys or `max_bytes`
// of responses; the oldest go first, those at work never. Thread-safe.
class IdempotencyKeys {
 public:
  static constexpr UnixMillis kAge = 24 * 3600 * 1000;
  explicit IdempotencyKeys(std::size_t max_kept = 10'000, std::size_t max_bytes = 64 << 20)
      : max_kept_(max_kept), max_bytes_(max_bytes) {}

  enum class State { kNew, kKept, kRunning, kOtherBody };
  // kNew: the caller's to answer, and to finish() or drop(). kKept: `*response` is what was answered then.
  State begin(const std::string& key, const std::string& body_hash, UnixMillis now, KeptResponse* response);
  void finish(const std::string& key, KeptResponse response);
  void drop(const std::string& key);  // what failed may be tried again

  std::size_t count() const;
  std::size_t bytes() const;          // of keys and responses

 private:
  struct Entry {
    std::string key, body_hash;
    UnixMillis time = 0;
    std::optional<KeptResponse> response;  // none: still at work
    std::size_t bytes() const { return sizeof(Entry) + 2 * key.size() + body_hash.size() + (response ? response->body.size() : 0); }
  };
  using Place = std::list<Entry>::iterator;
  void forget(Place entry);
  void make_room(UnixMillis now);

  const std::size_t max_kept_, max_bytes_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;               // oldest first
  std::map<std::string, Place> places_;
  std::size_t bytes_ = 0;
};

}  // namespace grounds
