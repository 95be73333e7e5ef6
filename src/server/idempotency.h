// Idempotency-Key: a request sent twice has one effect and one response.
#pragma once

#include <cstdint>
#include <deque>
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

// Of this process, for a day, at most kMaxKept responses. Thread-safe.
class IdempotencyKeys {
 public:
  static constexpr std::size_t kMaxKept = 10'000;
  static constexpr UnixMillis kAge = 24 * 3600 * 1000;

  enum class State { kNew, kKept, kRunning, kOtherBody };
  // kNew: the caller's to answer, and to finish() or drop(). kKept: `*response` is what was answered then.
  State begin(const std::string& key, const std::string& body_hash, UnixMillis now, KeptResponse* response);
  void finish(const std::string& key, KeptResponse response);
  void drop(const std::string& key);  // what failed may be tried again

 private:
  struct Entry {
    std::string body_hash;
    UnixMillis time = 0;
    std::optional<KeptResponse> response;  // none: still running
  };
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  std::deque<std::pair<UnixMillis, std::string>> order_;  // oldest first; may name keys that are gone
};

}  // namespace grounds
