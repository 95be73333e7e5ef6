#include "server/idempotency.h"

namespace grounds {

IdempotencyKeys::State IdempotencyKeys::begin(const std::string& key, const std::string& body_hash, UnixMillis now,
                                              KeptResponse* response) {
  std::lock_guard lock(mutex_);
  while (!order_.empty() && (order_.front().first + kAge < now || entries_.size() >= kMaxKept)) {
    auto oldest = entries_.find(order_.front().second);
    if (oldest != entries_.end() && oldest->second.time == order_.front().first) entries_.erase(oldest);
    order_.pop_front();
  }
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    entries_[key] = {body_hash, now, std::nullopt};
    order_.emplace_back(now, key);
    return State::kNew;
  }
  if (found->second.body_hash != body_hash) return State::kOtherBody;
  if (!found->second.response) return State::kRunning;
  *response = *found->second.response;
  return State::kKept;
}

void IdempotencyKeys::finish(const std::string& key, KeptResponse response) {
  std::lock_guard lock(mutex_);
  if (auto found = entries_.find(key); found != entries_.end()) found->second.response = std::move(response);
}

void IdempotencyKeys::drop(const std::string& key) {
  std::lock_guard lock(mutex_);
  entries_.erase(key);
}

}  // namespace grounds
