// AVX-512 BW: as AVX2, 32 codes at a time; a dimension that is no multiple ends in a masked load.
#if defined(__x86_64__)

#include <immintrin.h>

#include "index/vector/kernel.h"

#if !defined(__clang__)
// GCC 12 takes its own headers' deliberately undefined registers for a mistake (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#define GROUNDS_TARGET __attribute__((target("avx2,avx512f,avx512bw,avx512vl")))
#define GROUNDS_INLINE GROUNDS_TARGET __attribute__((always_inline)) inline

namespace grounds::kernels {
namespace avx512 {
namespace {

constexpr std::size_t kRows = 4;
constexpr std::size_t kStep = 32;  // codes at a time

struct Query {
  const std::int8_t* codes;
  std::size_t whole;  // codes covered by full steps
  __mmask32 tail;     // those of the last, partial one; 0 if there is none
};
using Sum = __m512i;

GROUNDS_INLINE void prepare(const std::int8_t* codes, std::size_t dimension, Query& query) {
  const std::size_t rest = dimension % kStep;
  query = {codes, dimension - rest, static_cast<__mmask32>((std::uint32_t{1} << rest) - 1)};
}

GROUNDS_INLINE __m512i widen(const std::int8_t* codes) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes)));
}

GROUNDS_INLINE __m512i widen_tail(__mmask32 tail, const std::int8_t* codes) {
  return _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(tail, codes));
}

GROUNDS_INLINE Sum accumulate(const Query& query, const std::int8_t* row) {
  Sum sum = _mm512_setzero_si512();
  for (std::size_t i = 0; i < query.whole; i += kStep) {
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(widen(query.codes + i), widen(row + i)));
  }
  if (query.tail != 0) {
    const __m512i codes = widen_tail(query.tail, query.codes + query.whole);
    const __m512i others = widen_tail(query.tail, row + query.whole);
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(codes, others));
  }
  return sum;
}

GROUNDS_INLINE __m256i halve(__m512i a) {
  return _mm256_add_epi32(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
}

// The sums of the lanes of a, b, c and d.
GROUNDS_INLINE __m128i sum_lanes(__m512i a, __m512i b, __m512i c, __m512i d) {
  const __m256i ab = _mm256_hadd_epi32(halve(a), halve(b));
  const __m256i cd = _mm256_hadd_epi32(halve(c), halve(d));
  const __m256i abcd = _mm256_hadd_epi32(ab, cd);
  return _mm_add_epi32(_mm256_castsi256_si128(abcd), _mm256_extracti128_si256(abcd, 1));
}

GROUNDS_INLINE void finish(const Query&, const Sum* sums, std::int32_t* scores) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(scores),
                   sum_lanes(sums[0], sums[1], sums[2], sums[3]));
}

GROUNDS_INLINE std::int32_t finish_one(const Query&, Sum sum) {
  return _mm_cvtsi128_si32(sum_lanes(sum, sum, sum, sum));
}

GROUNDS_TARGET std::int32_t pair(const std::int8_t* a, const std::int8_t* b,
                                 std::size_t dimension) {
  Query query;
  prepare(a, dimension, query);
  return finish_one(query, accumulate(query, b));
}

#include "index/vector/kernel_body.inc"

}  // namespace
}  // namespace avx512

const Kernel kAvx512{"avx512", avx512::pair, avx512::contiguous, avx512::gather,
                     avx512::summarise};

}  // namespace grounds::kernels

#endif
