// ARM: NEON widening multiplies, and the SDOT instruction where the CPU has it.
#if defined(__aarch64__)

#include <arm_neon.h>

#include "index/vector/kernel.h"

namespace grounds::kernels {

#define GROUNDS_TARGET
#define GROUNDS_INLINE __attribute__((always_inline)) inline

namespace neon {
namespace {

constexpr std::size_t kRows = 4;
constexpr std::size_t kStep = 16;  // codes at a time

struct Query {
  const std::int8_t* codes;
  std::size_t dimension;
};

GROUNDS_INLINE Query prepare(const std::int8_t* codes, std::size_t dimension) {
  return {codes, dimension};
}

// 16-bit products are summed in pairs into 32 bits at once: two of (-128)^2 do not fit 16 bits.
GROUNDS_INLINE int32x4_t add_products(int32x4_t sum, int8x16_t a, int8x16_t b) {
  sum = vpadalq_s16(sum, vmull_s8(vget_low_s8(a), vget_low_s8(b)));
  return vpadalq_s16(sum, vmull_high_s8(a, b));
}

GROUNDS_INLINE std::int32_t tail(const Query& query, const std::int8_t* row, std::size_t i) {
  std::int32_t sum = 0;
  for (; i < query.dimension; ++i) sum += query.codes[i] * row[i];
  return sum;
}

GROUNDS_INLINE void group(const Query& query, const std::int8_t* const* row, std::int32_t* scores) {
  int32x4_t sum[kRows] = {};
  std::size_t i = 0;
  for (; i + kStep <= query.dimension; i += kStep) {
    const int8x16_t codes = vld1q_s8(query.codes + i);
    for (std::size_t r = 0; r < kRows; ++r) {
      sum[r] = add_products(sum[r], codes, vld1q_s8(row[r] + i));
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) scores[r] = vaddvq_s32(sum[r]) + tail(query, row[r], i);
}

GROUNDS_INLINE std::int32_t single(const Query& query, const std::int8_t* row) {
  int32x4_t sum = vdupq_n_s32(0);
  std::size_t i = 0;
  for (; i + kStep <= query.dimension; i += kStep) {
    sum = add_products(sum, vld1q_s8(query.codes + i), vld1q_s8(row + i));
  }
  return vaddvq_s32(sum) + tail(query, row, i);
}

#include "index/vector/kernel_body.inc"

}  // namespace
}  // namespace neon

#undef GROUNDS_TARGET
#undef GROUNDS_INLINE
#define GROUNDS_TARGET __attribute__((target("arch=armv8.2-a+dotprod")))
#define GROUNDS_INLINE GROUNDS_TARGET __attribute__((always_inline)) inline

namespace neon_dotprod {
namespace {

constexpr std::size_t kRows = 4;
constexpr std::size_t kStep = 16;  // codes at a time

struct Query {
  const std::int8_t* codes;
  std::size_t dimension;
};

GROUNDS_INLINE Query prepare(const std::int8_t* codes, std::size_t dimension) {
  return {codes, dimension};
}

// SDOT by its name in assembly: compilers offer the intrinsic only when the whole file is built for it.
GROUNDS_INLINE int32x4_t add_products(int32x4_t sum, int8x16_t a, int8x16_t b) {
  asm(".arch_extension dotprod\n\tsdot %0.4s, %1.16b, %2.16b" : "+w"(sum) : "w"(a), "w"(b));
  return sum;
}

GROUNDS_INLINE std::int32_t tail(const Query& query, const std::int8_t* row, std::size_t i) {
  std::int32_t sum = 0;
  for (; i < query.dimension; ++i) sum += query.codes[i] * row[i];
  return sum;
}

GROUNDS_INLINE void group(const Query& query, const std::int8_t* const* row, std::int32_t* scores) {
  int32x4_t sum[kRows] = {};
  std::size_t i = 0;
  for (; i + kStep <= query.dimension; i += kStep) {
    const int8x16_t codes = vld1q_s8(query.codes + i);
    for (std::size_t r = 0; r < kRows; ++r) {
      sum[r] = add_products(sum[r], codes, vld1q_s8(row[r] + i));
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) scores[r] = vaddvq_s32(sum[r]) + tail(query, row[r], i);
}

GROUNDS_INLINE std::int32_t single(const Query& query, const std::int8_t* row) {
  int32x4_t sum = vdupq_n_s32(0);
  std::size_t i = 0;
  for (; i + kStep <= query.dimension; i += kStep) {
    sum = add_products(sum, vld1q_s8(query.codes + i), vld1q_s8(row + i));
  }
  return vaddvq_s32(sum) + tail(query, row, i);
}

#include "index/vector/kernel_body.inc"

}  // namespace
}  // namespace neon_dotprod

const Kernel kNeon{"neon", neon::pair, neon::contiguous, neon::gather, neon::summarise};
const Kernel kNeonDotprod{"neon-dotprod", neon_dotprod::pair, neon_dotprod::contiguous,
                          neon_dotprod::gather, neon_dotprod::summarise};

}  // namespace grounds::kernels

#endif
