#include "index/segment/bitset.h"

#include <doctest/doctest.h>

using grounds::Bitset;

TEST_CASE("a full bit set counts its size, whatever the size") {
  for (std::uint32_t size : {0u, 1u, 63u, 64u, 65u, 1000u}) {
    CHECK(Bitset(size, true).count() == size);
    CHECK(Bitset(size).count() == 0);
  }
}

TEST_CASE("bits are set, cleared and intersected one by one") {
  Bitset odd(130), small(130);
  for (std::uint32_t i = 1; i < 130; i += 2) odd.set(i);
  for (std::uint32_t i = 0; i < 70; ++i) small.set(i);
  small.clear(69);
  odd &= small;
  CHECK(odd.count() == 34);
  CHECK(odd.test(67));
  CHECK_FALSE(odd.test(69));
  CHECK_FALSE(odd.test(66));
}
