// At most so many at a time; the others wait in the order in which they came.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>

namespace grounds {

// Thread-safe.
class WaitingLine {
 public:
  // `most` 0: no limit. `waiting`: how many may wait.
  WaitingLine(int most, int waiting) : most_(most), most_waiting_(waiting) {}

  enum class Entry { kIn, kFull, kTimeout, kCancelled };
  // Waits for a turn, `timeout_ms` at most. Only kIn is followed by leave(). `cancelled` may be empty.
  Entry enter(std::int64_t timeout_ms, const std::function<bool()>& cancelled);
  void leave();

  struct Length {
    int running = 0, waiting = 0;
  };
  Length length() const;

 private:
  const int most_, most_waiting_;
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  int running_ = 0;           // guarded by mutex_
  std::list<int> line_;       // guarded by mutex_: whoever waits holds an iterator
};

}  // namespace grounds
