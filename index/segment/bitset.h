// A set of the ordinals of one segment.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace grounds {

// Bits past size() in the last word are always clear, so words() can be counted and combined whole.
class Bitset {
 public:
  explicit Bitset(std::uint32_t size = 0, bool value = false);
  std::uint32_t size() const { return size_; }
  bool test(std::uint32_t i) const { return (words_[i >> 6] >> (i & 63)) & 1; }
  void set(std::uint32_t i) { words_[i >> 6] |= std::uint64_t{1} << (i & 63); }
  void clear(std::uint32_t i) { words_[i >> 6] &= ~(std::uint64_t{1} << (i & 63)); }
  std::uint32_t count() const;
  // Both must have one size.
  Bitset& operator&=(const Bitset& other);
  std::span<const std::uint64_t> words() const { return words_; }
  friend bool operator==(const Bitset&, const Bitset&) = default;

 private:
  std::uint32_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace grounds
