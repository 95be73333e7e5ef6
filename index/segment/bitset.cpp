#include "index/segment/bitset.h"

#include <bit>
#include <cassert>

namespace grounds {

Bitset::Bitset(std::uint32_t size, bool value)
    : size_(size), words_((std::size_t{size} + 63) / 64, value ? ~std::uint64_t{0} : 0) {
  if (value && size % 64 != 0) words_.back() = (std::uint64_t{1} << (size % 64)) - 1;
}

std::uint32_t Bitset::count() const {
  std::uint32_t total = 0;
  for (const std::uint64_t word : words_) total += static_cast<std::uint32_t>(std::popcount(word));
  return total;
}

Bitset& Bitset::operator&=(const Bitset& other) {
  assert(size_ == other.size_);
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  return *this;
}

}  // namespace grounds
