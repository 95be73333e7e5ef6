// The k best hits seen so far, in the one order that every ranking of the index uses.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <tuple>
#include <vector>

#include "index/segment/segment.h"

namespace grounds {

// Score descending, then chunk id ascending. Among the eligible chunks of one generation an id occurs
// once; the place comes last so that the order is total even if a caller breaks that.
inline bool ranks_before(const Hit& a, const Hit& b) {
  if (a.score != b.score) return a.score > b.score;
  return std::tie(a.id, a.segment, a.ordinal) < std::tie(b.id, b.segment, b.ordinal);
}

// A heap with its worst hit on top. The result depends on the set of hits offered, not on their order.
class TopK {
 public:
  explicit TopK(std::uint32_t k) : k_(k) {}

  // A hit with a score below this cannot enter; one with just this score may, by its id.
  std::int64_t threshold() const {
    if (hits_.size() < k_) return std::numeric_limits<std::int64_t>::min();
    return k_ == 0 ? std::numeric_limits<std::int64_t>::max() : hits_.front().score;
  }

  void offer(const Hit& hit) {
    if (hits_.size() == k_) {
      if (k_ == 0 || !ranks_before(hit, hits_.front())) return;
      std::pop_heap(hits_.begin(), hits_.end(), ranks_before);
      hits_.back() = hit;
    } else {
      hits_.push_back(hit);
    }
    std::push_heap(hits_.begin(), hits_.end(), ranks_before);
  }

  void merge(const TopK& other) {
    for (const Hit& hit : other.hits_) offer(hit);
  }

  // Best first. Leaves the heap empty.
  std::vector<Hit> take_sorted() {
    std::sort(hits_.begin(), hits_.end(), ranks_before);
    return std::move(hits_);
  }

 private:
  std::uint32_t k_;
  std::vector<Hit> hits_;
};

}  // namespace grounds
