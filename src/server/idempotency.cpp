#include "server/idempotency.h"

#include <iterator>
#include <utility>

namespace grounds {

void IdempotencyKeys::forget(Place entry) {
  bytes_ -= entry->bytes();
  places_.erase(entry->key);
  entries_.erase(entry);
}

void IdempotencyKeys::make_room(UnixMillis now) {
  for (Place each = entries_.begin(); each != entries_.end();) {
    const Place entry = each++;
    if (entry->time + kAge >= now && entries_.size() <= max_kept_ && bytes_ <= max_bytes_) return;
    if (entry->response) forget(entry);
  }
}

IdempotencyKeys::State IdempotencyKeys::begin(const std::string& key, const std::string& body_hash, UnixMillis now,
                                              KeptResponse* response) {
  std::lock_guard lock(mutex_);
  make_room(now);
  const auto found = places_.find(key);
  if (found == places_.end()) {
    entries_.push_back({key, body_hash, now, std::nullopt});
    places_[key] = std::prev(entries_.end());
    bytes_ += entries_.back().bytes();
    make_room(now);
    return State::kNew;
  }
  const Entry& entry = *found->second;
  if (entry.body_hash != body_hash) return State::kOtherBody;
  if (!entry.response) return State::kRunning;
  *response = *entry.response;
  return State::kKept;
}

void IdempotencyKeys::finish(const std::string& key, KeptResponse response) {
  std::lock_guard lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end()) return;
  bytes_ -= found->second->bytes();
  found->second->response = std::move(response);
  bytes_ += found->second->bytes();
  make_room(found->second->time);
}

void IdempotencyKeys::drop(const std::string& key) {
  std::lock_guard lock(mutex_);
  if (const auto found = places_.find(key); found != places_.end()) forget(found->second);
}

std::size_t IdempotencyKeys::count() const {
  std::lock_guard lock(mutex_);
  return entries_.size();
}

std::size_t IdempotencyKeys::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace grounds
