#include "answer/backends/circuit_breaker.h"

namespace grounds {

CircuitBreaker::Pass CircuitBreaker::allow(UnixMillis now) {
  std::lock_guard lock(mutex_);
  if (!open_) return Pass::kYes;
  if (waiting(now) || trial_) return Pass::kNo;
  trial_ = true;
  return Pass::kTrial;
}

void CircuitBreaker::ended(Pass pass, End end, UnixMillis now) {
  std::lock_guard lock(mutex_);
  if (pass == Pass::kTrial) trial_ = false;
  switch (end) {
    case End::kAnswered:
      in_a_row_ = 0;
      open_ = false;
      return;
    case End::kNeither: return;
    case End::kFailed: break;
  }
  ++in_a_row_;
  if (limit_ == 0) return;
  // Calls that were under way when it opened do not prolong it.
  if (pass == Pass::kTrial || (!open_ && in_a_row_ >= limit_)) open_ = true, opened_ = now;
}

bool CircuitBreaker::is_open(UnixMillis now) const {
  std::lock_guard lock(mutex_);
  return waiting(now) || (open_ && trial_);
}

}  // namespace grounds
