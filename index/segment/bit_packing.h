// Blocks of 128 numbers in a fixed number of bits each, four lanes wide (the layout of Lemire and
// Boytsov, "Decoding billions of integers per second through vectorization", 2015, section 4: number
// 4i + j is the i-th of lane j). Same bytes on every CPU; vector extensions of the compiler, no dispatch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace grounds {

inline constexpr std::size_t kPackedBlock = 128;

// Bits that the largest of the numbers needs, 0 to 32.
std::uint32_t bit_width_of(std::span<const std::uint32_t> values);

// Appends 16 * width bytes. `values` has 128 numbers of at most `width` bits.
void pack_block(std::span<const std::uint32_t, kPackedBlock> values, std::uint32_t width, std::string& out);

// Reads 16 * width bytes from `in` (any alignment) into 128 numbers; width <= 32.
void unpack_block(const std::uint8_t* in, std::uint32_t width, std::uint32_t* out);

// The number at `index` of a block alone.
std::uint32_t unpack_one(const std::uint8_t* in, std::uint32_t width, std::uint32_t index);

// As unpack_block, for a strictly increasing sequence stored as gaps less one: out[i] is `before` plus
// the sum of the first i + 1 numbers, each plus one (modulo 2^32).
void unpack_ascending(const std::uint8_t* in, std::uint32_t width, std::uint32_t before, std::uint32_t* out);

// Numbers in `width` bits each, one after the other from the lowest bit of the first byte on; appends
// ceil(count * width / 8) bytes.
void pack_bits(std::span<const std::uint32_t> values, std::uint32_t width, std::string& out);
// The number that starts at bit `bit`; `bytes` must hold all of it.
std::uint32_t unpack_bits(std::span<const std::uint8_t> bytes, std::uint64_t bit, std::uint32_t width);

}  // namespace grounds
