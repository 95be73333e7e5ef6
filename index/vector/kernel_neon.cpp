// ARM: NEON widening multiplies, and the SDOT instruction where the CPU has it.
#if defined(__aarch64__)

#include <arm_neon.h>

#include "index/vector/kernel.h"

namespace grounds::kernels {
namespace {

struct WideningMultiply {
  // 16-bit products go into 32-bit sums in pairs, at once: two of (-128)^2 do not fit 16 bits.
  static int32x4_t add_products(int32x4_t sum, int8x16_t a, int8x16_t b) {
    sum = vpadalq_s16(sum, vmull_s8(vget_low_s8(a), vget_low_s8(b)));
    return vpadalq_s16(sum, vmull_high_s8(a, b));
  }
};

struct DotProduct {
  // By its name in assembly: the intrinsic is only there when the whole file is built for it.
  static int32x4_t add_products(int32x4_t sum, int8x16_t a, int8x16_t b) {
    asm(".arch armv8.2-a+dotprod\n\tsdot %0.4s, %1.16b, %2.16b" : "+w"(sum) : "w"(a), "w"(b));
    return sum;
  }
};

template <class Instruction>
struct Neon {
  static constexpr std::size_t kRows = 4;
  static constexpr std::size_t kStep = 16;  // codes at a time

  struct Query {
    const std::int8_t* codes;
    std::size_t dimension;
  };
  struct Sum {
    int32x4_t lanes;
    std::int32_t tail;  // of the codes after the last full step
  };

  static void prepare(const std::int8_t* codes, std::size_t dimension, Query& query) {
    query = {codes, dimension};
  }

  static Sum accumulate(const Query& query, const std::int8_t* row) {
    Sum sum{vdupq_n_s32(0), 0};
    std::size_t i = 0;
    for (; i + kStep <= query.dimension; i += kStep) {
      sum.lanes = Instruction::add_products(sum.lanes, vld1q_s8(query.codes + i), vld1q_s8(row + i));
    }
    for (; i < query.dimension; ++i) sum.tail += query.codes[i] * row[i];
    return sum;
  }

  static std::int32_t finish_one(const Query&, Sum sum) { return vaddvq_s32(sum.lanes) + sum.tail; }

  static void finish(const Query& query, const Sum* sums, std::int32_t* scores) {
    for (std::size_t r = 0; r < kRows; ++r) scores[r] = finish_one(query, sums[r]);
  }

  static std::int32_t pair(const std::int8_t* a, const std::int8_t* b, std::size_t dimension) {
    const Query query{a, dimension};
    return finish_one(query, accumulate(query, b));
  }

#define GROUNDS_TARGET static
#include "index/vector/kernel_body.inc"
};

template <class Instruction>
constexpr Kernel make(std::string_view name) {
  using Of = Neon<Instruction>;
  return {name, Of::pair, Of::contiguous, Of::gather, Of::summarise};
}

}  // namespace

const Kernel kNeon = make<WideningMultiply>("neon");
const Kernel kNeonDotprod = make<DotProduct>("neon-dotprod");

}  // namespace grounds::kernels

#endif
