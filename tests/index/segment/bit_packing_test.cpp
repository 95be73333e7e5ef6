#include "index/segment/bit_packing.h"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <vector>

#include "index/segment/format.h"

using namespace grounds;

namespace {

std::array<std::uint32_t, kPackedBlock> random_numbers(std::mt19937_64& random, std::uint32_t width) {
  std::array<std::uint32_t, kPackedBlock> numbers;
  for (auto& number : numbers) number = width == 0 ? 0 : static_cast<std::uint32_t>(random() & ((std::uint64_t{1} << width) - 1));
  return numbers;
}

}  // namespace

TEST_CASE("a packed block gives back its numbers at every width") {
  std::mt19937_64 random(1);
  for (std::uint32_t width = 0; width <= 32; ++width) {
    INFO("width " << width);
    const auto numbers = random_numbers(random, width);
    CHECK(bit_width_of(numbers) <= width);
    std::string packed = "x";  // so that the block is not aligned
    pack_block(numbers, width, packed);
    CHECK(packed.size() == 1 + 16 * width);
    std::array<std::uint32_t, kPackedBlock> unpacked;
    unpack_block(reinterpret_cast<const std::uint8_t*>(packed.data()) + 1, width, unpacked.data());
    CHECK(unpacked == numbers);
    for (std::uint32_t i = 0; i < kPackedBlock; ++i) CHECK(unpack_one(reinterpret_cast<const std::uint8_t*>(packed.data()) + 1, width, i) == numbers[i]);
  }
}

TEST_CASE("an ascending block is the running sum of its gaps") {
  std::mt19937_64 random(2);
  for (std::uint32_t width = 0; width <= 32; ++width) {
    for (const std::uint32_t before : {~std::uint32_t{0}, std::uint32_t{0}, std::uint32_t{123456}}) {
      INFO("width " << width << ", before " << before);
      const auto gaps = random_numbers(random, width);
      std::string packed;
      pack_block(gaps, width, packed);
      std::array<std::uint32_t, kPackedBlock> unpacked, expected;
      std::uint32_t sum = before;
      for (std::size_t i = 0; i < kPackedBlock; ++i) expected[i] = sum += gaps[i] + 1;
      unpack_ascending(reinterpret_cast<const std::uint8_t*>(packed.data()), width, before, unpacked.data());
      CHECK(unpacked == expected);
    }
  }
}

TEST_CASE("a bit stream gives back its numbers at every width and length") {
  std::mt19937_64 random(3);
  for (std::uint32_t width = 0; width <= 32; ++width) {
    for (std::size_t count : {0u, 1u, 7u, 64u, 100u}) {
      const auto numbers = random_numbers(random, width);
      std::string packed;
      pack_bits(std::span(numbers).first(count), width, packed);
      CHECK(packed.size() == (count * width + 7) / 8);
      const std::span bytes(reinterpret_cast<const std::uint8_t*>(packed.data()), packed.size());
      for (std::size_t i = 0; i < count; ++i) CHECK(unpack_bits(bytes, i * width, width) == numbers[i]);
    }
  }
}

TEST_CASE("a rounded number bounds the true one from the side it promises") {
  using namespace segment_format;
  std::mt19937_64 random(4);
  for (int i = 0; i < 20000; ++i) {
    const std::uint32_t value = i < 2000 ? static_cast<std::uint32_t>(i) : static_cast<std::uint32_t>(random() >> (random() % 33 + 31));
    INFO("value " << value);
    CHECK(dequantize(quantize_down(value)) <= value);
    const std::uint8_t up = quantize_up(value);
    if (up == kUnbounded) continue;
    CHECK(dequantize(up) >= value);
    CHECK(dequantize(up) <= value + value / 16);
    CHECK(quantize_up(dequantize(up)) == up);
  }
  CHECK(quantize_up(UINT32_MAX) == kUnbounded);
}

TEST_CASE("a variable-length number is read back, and refused when cut off or too large") {
  using namespace segment_format;
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{UINT32_MAX},
                                    std::uint64_t{1} << 32, UINT64_MAX}) {
    std::string bytes;
    append_varint(bytes, value);
    const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const std::uint8_t* at = begin;
    std::uint64_t wide = 0;
    REQUIRE(read_varint(at, begin + bytes.size(), wide));
    CHECK(wide == value);
    at = begin;
    std::uint32_t narrow = 0;
    CHECK(read_varint(at, begin + bytes.size(), narrow) == (value <= UINT32_MAX));
    at = begin;
    CHECK_FALSE(read_varint(at, begin + bytes.size() - 1, wide));
  }
}
