// AVX-512 BW: as AVX2, 32 codes at a time; a dimension that is no multiple ends in a masked load.
#if defined(__x86_64__)

#include "index/vector/avx512_lanes.h"
#include "index/vector/kernel.h"

#define GROUNDS_TARGET __attribute__((target("avx2,avx512f,avx512bw,avx512vl")))
#define GROUNDS_INLINE GROUNDS_TARGET __attribute__((always_inline)) inline

namespace grounds::kernels {
namespace avx512 {
namespace {

constexpr std::size_t kRows = 4;
constexpr std::size_t kStep = 32;  // codes at a time

struct Query {
  const std::int8_t* codes;
  std::size_t whole;     // codes covered by full steps
  __mmask32 tail;        // those of the last, partial one; 0 if there is none
};

GROUNDS_INLINE Query prepare(const std::int8_t* codes, std::size_t dimension) {
  const std::size_t rest = dimension % kStep;
  return {codes, dimension - rest, static_cast<__mmask32>((std::uint32_t{1} << rest) - 1)};
}

GROUNDS_INLINE __m512i widen(const std::int8_t* codes) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes)));
}

GROUNDS_INLINE __m512i widen_tail(__mmask32 tail, const std::int8_t* codes) {
  return _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(tail, codes));
}

template <std::size_t R>
GROUNDS_INLINE void accumulate(const Query& query, const std::int8_t* const* row, __m512i* sum) {
  for (std::size_t i = 0; i < query.whole; i += kStep) {
    const __m512i codes = widen(query.codes + i);
    for (std::size_t r = 0; r < R; ++r) {
      sum[r] = _mm512_add_epi32(sum[r], _mm512_madd_epi16(codes, widen(row[r] + i)));
    }
  }
  if (query.tail == 0) return;
  const __m512i codes = widen_tail(query.tail, query.codes + query.whole);
  for (std::size_t r = 0; r < R; ++r) {
    const __m512i others = widen_tail(query.tail, row[r] + query.whole);
    sum[r] = _mm512_add_epi32(sum[r], _mm512_madd_epi16(codes, others));
  }
}

GROUNDS_INLINE void group(const Query& query, const std::int8_t* const* row, std::int32_t* scores) {
  __m512i sum[kRows] = {};
  accumulate<kRows>(query, row, sum);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(scores), sum_lanes(sum[0], sum[1], sum[2], sum[3]));
}

GROUNDS_INLINE std::int32_t single(const Query& query, const std::int8_t* row) {
  __m512i sum[1] = {};
  accumulate<1>(query, &row, sum);
  return _mm_cvtsi128_si32(sum_lanes(sum[0], sum[0], sum[0], sum[0]));
}

#include "index/vector/kernel_body.inc"

}  // namespace
}  // namespace avx512

const Kernel kAvx512{"avx512", avx512::pair, avx512::contiguous, avx512::gather,
                     avx512::summarise};

}  // namespace grounds::kernels

#endif
