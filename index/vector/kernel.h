// The int8 dot product kernels and their choice at run time. Every kernel returns the exact integer
// for all int8 values, -128 included, so which CPU ran a query never shows in its result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace grounds {

// Largest dimension a scan accepts: a block's sum of squared scores stays within 64 bits.
inline constexpr std::size_t kMaxDimension = 16384;
// Scores are computed and summarised in blocks of at most so many rows.
inline constexpr std::size_t kBlockRows = 256;

// What one block of scores adds to a ScoreDistribution.
struct BlockSummary {
  std::int64_t sum = 0;
  std::uint64_t sum_of_squares = 0;
  std::int32_t minimum = INT32_MAX;
  std::int32_t maximum = INT32_MIN;
};

// One instruction set's implementation. Pointers need no alignment and nothing is read past the last
// code of a row. `dimension` <= kMaxDimension.
struct Kernel {
  std::string_view name;

  std::int32_t (*pair)(const std::int8_t* a, const std::int8_t* b, std::size_t dimension);

  // scores[i] = query . (rows + i * dimension), for i < count.
  void (*contiguous)(const std::int8_t* query, std::size_t dimension, const std::int8_t* rows,
                     std::size_t count, std::int32_t* scores);

  // scores[i] = query . (base + ordinals[i] * dimension), for i < count.
  void (*gather)(const std::int8_t* query, std::size_t dimension, const std::int8_t* base,
                 const std::uint32_t* ordinals, std::size_t count, std::int32_t* scores);

  // Of `count` <= kBlockRows scores.
  BlockSummary (*summarise)(const std::int32_t* scores, std::size_t count);
};

// The kernels this CPU can run, slowest (scalar) first. Never empty. Thread-safe.
std::span<const Kernel> available_kernels();
// The last of them.
const Kernel& best_kernel();

namespace kernels {
extern const Kernel kScalar;
#if defined(__x86_64__)
extern const Kernel kAvx2;    // AVX2
extern const Kernel kAvx512;  // AVX-512 F, BW and VL
extern const Kernel kVnni;    // and VNNI, VL
#elif defined(__aarch64__)
extern const Kernel kNeon;         // every ARMv8-A
extern const Kernel kNeonDotprod;  // with the SDOT instruction
#endif
}  // namespace kernels

}  // namespace grounds
