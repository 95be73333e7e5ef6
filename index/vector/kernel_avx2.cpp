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

// The query is widened once for all rows.
struct Query {
  const std::int8_t* codes;
  std::size_t dimension;
  alignas(32) std::int16_t wide[kMaxDimension];
};

struct Sum {
  __m256i lanes;
  std::int32_t tail;  // of the codes after the last full step
};

GROUNDS_INLINE __m256i widen(const std::int8_t* codes) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes)));
}

GROUNDS_INLINE void prepare(const std::int8_t* codes, std::size_t dimension, Query& query) {
  query.codes = codes;
  query.dimension = dimension;
  for (std::size_t i = 0; i + kStep <= dimension; i += kStep) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(query.wide + i), widen(codes + i));
  }
}

GROUNDS_INLINE std::int32_t tail(const std::int8_t* a, const std::int8_t* b, std::size_t i,
                                 std::size_t dimension) {
  std::int32_t sum = 0;
  for (; i < dimension; ++i) sum += a[i] * b[i];
  return sum;
}

GROUNDS_INLINE Sum accumulate(const Query& query, const std::int8_t* row) {
  __m256i sum = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + kStep <= query.dimension; i += kStep) {
    const __m256i codes = _mm256_load_si256(reinterpret_cast<const __m256i*>(query.wide + i));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(codes, widen(row + i)));
  }
  return {sum, tail(query.codes, row, i, query.dimension)};
}

// The sums of the lanes of a, b, c and d.
GROUNDS_INLINE __m128i sum_lanes(__m256i a, __m256i b, __m256i c, __m256i d) {
  const __m256i abcd = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
  return _mm_add_epi32(_mm256_castsi256_si128(abcd), _mm256_extracti128_si256(abcd, 1));
}

GROUNDS_INLINE void finish(const Query&, const Sum* sums, std::int32_t* scores) {
  const __m128i lanes = sum_lanes(sums[0].lanes, sums[1].lanes, sums[2].lanes, sums[3].lanes);
  const __m128i tails = _mm_setr_epi32(sums[0].tail, sums[1].tail, sums[2].tail, sums[3].tail);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(scores), _mm_add_epi32(lanes, tails));
}

GROUNDS_INLINE std::int32_t finish_one(const Query&, Sum sum) {
  return _mm_cvtsi128_si32(sum_lanes(sum.lanes, sum.lanes, sum.lanes, sum.lanes)) + sum.tail;
}

GROUNDS_TARGET std::int32_t pair(const std::int8_t* a, const std::int8_t* b,
                                 std::size_t dimension) {
  __m256i sum = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + kStep <= dimension; i += kStep) {
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(widen(a + i), widen(b + i)));
  }
  return _mm_cvtsi128_si32(sum_lanes(sum, sum, sum, sum)) + tail(a, b, i, dimension);
}

#include "index/vector/kernel_body.inc"

}  // namespace
}  // namespace avx2

const Kernel kAvx2{"avx2", avx2::pair, avx2::contiguous, avx2::gather, avx2::summarise};

}  // namespace grounds::kernels

#endif
