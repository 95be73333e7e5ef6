// AVX2: codes widened to 16 bits and multiplied in pairs into 32-bit sums (vpmaddwd). The 8-bit
// multiply (vpmaddubsw) is not used: it saturates, and its sign trick is wrong for -128.
#if defined(__x86_64__)

#include <immintrin.h>

#include "index/vector/kernel.h"

#define GROUNDS_TARGET __attribute__((target("avx2")))
#define GROUNDS_INLINE GROUNDS_TARGET __attribute__((always_inline)) inline

namespace grounds::kernels {
namespace avx2 {
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

GROUNDS_INLINE __m256i widen(const std::int8_t* codes) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes)));
}

// The sums of the lanes of a, b, c and d.
GROUNDS_INLINE __m128i sum_lanes(__m256i a, __m256i b, __m256i c, __m256i d) {
  const __m256i abcd = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
  return _mm_add_epi32(_mm256_castsi256_si128(abcd), _mm256_extracti128_si256(abcd, 1));
}

GROUNDS_INLINE std::int32_t tail(const Query& query, const std::int8_t* row, std::size_t i) {
  std::int32_t sum = 0;
  for (; i < query.dimension; ++i) sum += query.codes[i] * row[i];
  return sum;
}

GROUNDS_INLINE void group(const Query& query, const std::int8_t* const* row, std::int32_t* scores) {
  __m256i sum[kRows] = {};
  std::size_t i = 0;
  for (; i + kStep <= query.dimension; i += kStep) {
    const __m256i codes = widen(query.codes + i);
    for (std::size_t r = 0; r < kRows; ++r) {
      sum[r] = _mm256_add_epi32(sum[r], _mm256_madd_epi16(codes, widen(row[r] + i)));
    }
  }
  _mm_storeu_si128(reinterpret_cast<__m128i*>(scores), sum_lanes(sum[0], sum[1], sum[2], sum[3]));
  if (i == query.dimension) return;
  for (std::size_t r = 0; r < kRows; ++r) scores[r] += tail(query, row[r], i);
}

GROUNDS_INLINE std::int32_t single(const Query& query, const std::int8_t* row) {
  __m256i sum = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + kStep <= query.dimension; i += kStep) {
    const __m256i products = _mm256_madd_epi16(widen(query.codes + i), widen(row + i));
    sum = _mm256_add_epi32(sum, products);
  }
  return _mm_cvtsi128_si32(sum_lanes(sum, sum, sum, sum)) + tail(query, row, i);
}

#include "index/vector/kernel_body.inc"

}  // namespace
}  // namespace avx2

const Kernel kAvx2{"avx2", avx2::pair, avx2::contiguous, avx2::gather, avx2::summarise};

}  // namespace grounds::kernels

#endif
