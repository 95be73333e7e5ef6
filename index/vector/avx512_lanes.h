// Sums over the lanes of 512-bit registers, for the AVX-512 kernels. Included by their sources only.
#pragma once

#include <immintrin.h>

#if !defined(__clang__)
// GCC 12 takes its own headers' deliberately undefined registers for a mistake (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace grounds::kernels {

#define GROUNDS_LANES \
  __attribute__((target("avx2,avx512f,avx512bw,avx512vl"), always_inline)) static inline

GROUNDS_LANES __m256i halve(__m512i a) {
  return _mm256_add_epi32(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
}

// The sums of the lanes of a, b, c and d.
GROUNDS_LANES __m128i sum_lanes(__m512i a, __m512i b, __m512i c, __m512i d) {
  const __m256i ab = _mm256_hadd_epi32(halve(a), halve(b));
  const __m256i cd = _mm256_hadd_epi32(halve(c), halve(d));
  const __m256i abcd = _mm256_hadd_epi32(ab, cd);
  return _mm_add_epi32(_mm256_castsi256_si128(abcd), _mm256_extracti128_si256(abcd, 1));
}

#undef GROUNDS_LANES

}  // namespace grounds::kernels
