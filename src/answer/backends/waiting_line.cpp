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
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  const auto mine = line_.insert(line_.end(), 0);
  Entry entry = Entry::kIn;
  while (!(running_ < most_ && mine == line_.begin())) {
    if (std::chrono::steady_clock::now() >= end) entry = Entry::kTimeout;
    lock.unlock();  // what is asked may take locks of its own
    if (cancelled && cancelled()) entry = Entry::kCancelled;
    lock.lock();
    if (entry != Entry::kIn) break;
    moved_.wait_for(lock, std::chrono::milliseconds(20));
  }
  line_.erase(mine);
  if (entry == Entry::kIn) ++running_;
  moved_.notify_all();
  return entry;
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
