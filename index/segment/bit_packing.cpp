#include "index/segment/bit_packing.h"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace grounds {

namespace {

using Lanes = std::uint32_t __attribute__((vector_size(16)));
constexpr std::size_t kRows = kPackedBlock / 4;

Lanes load(const std::uint8_t* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

// Row `row` of a block packed with `Width` bits. All indexes and shifts are constants once inlined.
template <unsigned Width, std::size_t Row>
inline Lanes unpack_row(const std::uint8_t* in) {
  constexpr unsigned bit = static_cast<unsigned>(Row) * Width, word = bit / 32, shift = bit % 32;
  Lanes value = load(in + word * 16) >> shift;
  if constexpr (shift + Width > 32) value |= load(in + (word + 1) * 16) << (32 - shift);
  if constexpr (Width < 32) value &= (std::uint32_t{1} << Width) - 1;
  return value;
}

template <unsigned Width>
void unpack_width(const std::uint8_t* in, std::uint32_t* out) {
  if constexpr (Width == 0) {
    std::memset(out, 0, kPackedBlock * sizeof(*out));
  } else {
    [&]<std::size_t... Row>(std::index_sequence<Row...>) {
      const auto store = [out](std::size_t row, Lanes value) { std::memcpy(out + 4 * row, &value, sizeof(value)); };
      (store(Row, unpack_row<Width, Row>(in)), ...);
    }(std::make_index_sequence<kRows>());
  }
}

template <unsigned Width>
void unpack_ascending_width(const std::uint8_t* in, std::uint32_t before, std::uint32_t* out) {
  constexpr Lanes zero{};
  Lanes last{before, before, before, before};
  const auto store = [&](std::size_t row, Lanes value) {
    value += 1;
    value += __builtin_shufflevector(value, zero, 4, 0, 1, 2);
    value += __builtin_shufflevector(value, zero, 4, 4, 0, 1);
    value += last;
    last = __builtin_shufflevector(value, value, 3, 3, 3, 3);
    std::memcpy(out + 4 * row, &value, sizeof(value));
  };
  [&]<std::size_t... Row>(std::index_sequence<Row...>) {
    if constexpr (Width == 0) {
      (store(Row, Lanes{}), ...);
    } else {
      (store(Row, unpack_row<Width, Row>(in)), ...);
    }
  }(std::make_index_sequence<kRows>());
}

using Unpack = void (*)(const std::uint8_t*, std::uint32_t*);
using UnpackAscending = void (*)(const std::uint8_t*, std::uint32_t, std::uint32_t*);

template <std::size_t... Width>
constexpr std::array<Unpack, 33> unpack_table(std::index_sequence<Width...>) {
  return {unpack_width<static_cast<unsigned>(Width)>...};
}
template <std::size_t... Width>
constexpr std::array<UnpackAscending, 33> unpack_ascending_table(std::index_sequence<Width...>) {
  return {unpack_ascending_width<static_cast<unsigned>(Width)>...};
}
constexpr auto kUnpack = unpack_table(std::make_index_sequence<33>());
constexpr auto kUnpackAscending = unpack_ascending_table(std::make_index_sequence<33>());

}  // namespace

std::uint32_t bit_width_of(std::span<const std::uint32_t> values) {
  std::uint32_t all = 0;
  for (const std::uint32_t value : values) all |= value;
  return static_cast<std::uint32_t>(std::bit_width(all));
}

void pack_block(std::span<const std::uint32_t, kPackedBlock> values, std::uint32_t width, std::string& out) {
  std::array<std::uint32_t, kPackedBlock> words{};
  for (std::size_t i = 0; i < kPackedBlock; ++i) {
    const std::size_t lane = i % 4, bit = i / 4 * width, word = bit / 32, shift = bit % 32;
    if (width == 0) break;
    words[word * 4 + lane] |= values[i] << shift;
    if (shift + width > 32) words[(word + 1) * 4 + lane] |= values[i] >> (32 - shift);
  }
  out.append(reinterpret_cast<const char*>(words.data()), std::size_t{16} * width);
}

void unpack_block(const std::uint8_t* in, std::uint32_t width, std::uint32_t* out) { kUnpack[width](in, out); }

std::uint32_t unpack_one(const std::uint8_t* in, std::uint32_t width, std::uint32_t index) {
  if (width == 0) return 0;
  const std::uint32_t lane = index % 4, bit = index / 4 * width, word = bit / 32, shift = bit % 32;
  const auto word_at = [in, lane](std::uint32_t number) {
    std::uint32_t value;
    std::memcpy(&value, in + 16 * number + 4 * lane, sizeof(value));
    return std::uint64_t{value};
  };
  std::uint64_t value = word_at(word) >> shift;
  if (shift + width > 32) value |= word_at(word + 1) << (32 - shift);
  return static_cast<std::uint32_t>(value & ((std::uint64_t{1} << width) - 1));
}

void unpack_ascending(const std::uint8_t* in, std::uint32_t width, std::uint32_t before, std::uint32_t* out) {
  kUnpackAscending[width](in, before, out);
}

void pack_bits(std::span<const std::uint32_t> values, std::uint32_t width, std::string& out) {
  std::uint64_t pending = 0;
  std::uint32_t bits = 0;
  for (const std::uint32_t value : values) {
    pending |= std::uint64_t{value} << bits;
    for (bits += width; bits >= 8; bits -= 8, pending >>= 8) out.push_back(static_cast<char>(pending));
  }
  if (bits > 0) out.push_back(static_cast<char>(pending));
}

std::uint32_t unpack_bits(std::span<const std::uint8_t> bytes, std::uint64_t bit, std::uint32_t width) {
  std::uint64_t value = 0;
  const std::size_t first = bit / 8, last = (bit + width + 7) / 8;
  for (std::size_t i = first; i < last; ++i) value |= std::uint64_t{bytes[i]} << (8 * (i - first));
  return static_cast<std::uint32_t>(value >> (bit % 8) & ((std::uint64_t{1} << width) - 1));
}

}  // namespace grounds
