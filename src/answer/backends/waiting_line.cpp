#include "answer/backends/waiting_line.h"

#include <chrono>

namespace grounds {

WaitingLine::Entry WaitingLine::enter(std::int64_t timeout_ms, const std::function<bool()>& cancelled) {
  std::unique_lock lock(mutex_);
  if (most_ == 0 || (running_ < most_ && line_.empty())) {
    ++running_;
    return Entry::kIn;
  }
  if (static_cast<int>(line_.size()) >= most_waiting_) return Entry::kFull;
  using Steady = std::chrono::steady_clock;
  const auto end = Steady::now() + std::chrono::milliseconds(timeout_ms);
  // Whoever goes leaves the line, also when `cancelled` throws; the lock is held then.
  struct Place {
    WaitingLine& line;
    std::unique_lock<std::mutex>& lock;
    std::list<int>::iterator mine = line.line_.insert(line.line_.end(), 0);
    ~Place() {
      if (!lock.owns_lock()) lock.lock();
      line.line_.erase(mine);
      line.moved_.notify_all();
    }
  } place{*this, lock};
  const auto has_turn = [&] { return running_ < most_ && place.mine == line_.begin(); };
  while (!has_turn()) {
    if (Steady::now() >= end) return Entry::kTimeout;
    lock.unlock();  // what is asked may take locks of its own
    const bool gone = cancelled && cancelled();
    lock.lock();
    if (gone) return Entry::kCancelled;
    moved_.wait_for(lock, std::chrono::milliseconds(20), has_turn);
  }
  ++running_;
  return Entry::kIn;
}

void WaitingLine::leave() {
  {
    std::lock_guard lock(mutex_);
    --running_;
  }
  moved_.notify_all();
}

WaitingLine::Length WaitingLine::length() const {
  std::lock_guard lock(mutex_);
  return {running_, static_cast<int>(line_.size())};
}

}  // namespace grounds
