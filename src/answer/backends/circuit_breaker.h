// A circuit breaker: a backend that keeps failing is left alone for a while, so that its questions go to the
// fallback at once (Nygard, "Release It!", 2nd edition, section 5.2).
#pragma once

#include <cstdint>
#include <mutex>

#include "base/clock.h"

namespace grounds {

// Closed: calls pass. After `failures` in a row it is open, for `open_ms`; then one call at a time is let through on
// trial, and its end decides. Thread-safe. Times are handed in; a clock that goes back ends the waiting.
class CircuitBreaker {
 public:
  // `failures` 0: never opens.
  CircuitBreaker(int failures, std::int64_t open_ms) : limit_(failures), open_ms_(open_ms) {}

  enum class End { kAnswered, kFailed, kNeither };  // neither: says nothing of the server (cancelled, rate limited)
  enum class Pass { kNo, kYes, kTrial };
  // May a call be made? Each one that may is followed by one ended() with its pass.
  Pass allow(UnixMillis now);
  void ended(Pass pass, End end, UnixMillis now);
  bool is_open(UnixMillis now) const;

 private:
  bool waiting(UnixMillis now) const { return open_ && now >= opened_ && now - opened_ < open_ms_; }
  const int limit_;
  const std::int64_t open_ms_;
  mutable std::mutex mutex_;
  int in_a_row_ = 0;       // guarded by mutex_, as all below
  bool open_ = false, trial_ = false;
  UnixMillis opened_ = 0;
};

}  // namespace grounds
