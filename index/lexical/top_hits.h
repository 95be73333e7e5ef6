// The k best hits so far, over all segments.
#pragma once

#include <algorithm>
#include <vector>

#include "index/segment/segment.h"

namespace grounds {

inline bool ranks_before(const Hit& a, const Hit& b) {
  if (a.score != b.score) return a.score > b.score;
  if (a.id != b.id) return a.id < b.id;
  // Only if one chunk is eligible twice, which no generation allows; still an order.
  return std::pair(a.segment, a.ordinal) < std::pair(b.segment, b.ordinal);
}

class TopHits {
 public:
  explicit TopHits(std::uint32_t k) : k_(k) {}

  bool full() const { return heap_.size() >= k_; }
  // The worst of the k best. Only when full; k > 0.
  const Hit& last() const { return heap_.front(); }
  // Takes the hit if it is among the k best; whether it did.
  bool add(const Hit& hit) {
    if (!full()) {
      heap_.push_back(hit);
      std::push_heap(heap_.begin(), heap_.end(), ranks_before);
      return true;
    }
    if (k_ == 0 || !ranks_before(hit, heap_.front())) return false;
    std::pop_heap(heap_.begin(), heap_.end(), ranks_before);
    heap_.back() = hit;
    std::push_heap(heap_.begin(), heap_.end(), ranks_before);
    return true;
  }
  std::vector<Hit> sorted() && {
    std::sort(heap_.begin(), heap_.end(), ranks_before);
    return std::move(heap_);
  }

 private:
  std::uint32_t k_;
  std::vector<Hit> heap_;  // worst in front
};

}  // namespace grounds
