// AVX-512 VNNI: 64 codes at a time. vpdpbusd multiplies unsigned by signed bytes, so a row's codes go
// in as r + 128 (one exclusive or), which adds 128 * sum(query) to every score. That is a constant of
// the query and is taken off at the end: exact, and no sums per row are stored or computed.
#if defined(__x86_64__)

#include "index/vector/avx512_lanes.h"
#include "index/vector/kernel.h"

#define GROUNDS_TARGET __attribute__((target("avx2,avx512f,avx512bw,avx512vl,avx512vnni")))
#define GROUNDS_INLINE GROUNDS_TARGET __attribute__((always_inline)) inline

namespace grounds::kernels {
namespace avx512_vnni {
namespace {

constexpr std::size_t kRows = 4;
constexpr std::size_t kStep = 64;  // codes at a time

struct Query {
  const std::int8_t* codes;
  std::size_t whole;     // codes covered by full steps
  __mmask64 tail;        // those of the last, partial one; 0 if there is none
  std::int32_t excess;   // 128 * sum(codes)
};

GROUNDS_INLINE __m512i load(const std::int8_t* codes) { return _mm512_loadu_si512(codes); }

GROUNDS_INLINE __m512i flip_sign_bits(__m512i codes) {
  return _mm512_xor_si512(codes, _mm512_set1_epi8(static_cast<char>(0x80)));
}

GROUNDS_INLINE Query prepare(const std::int8_t* codes, std::size_t dimension) {
  const std::size_t rest = dimension % kStep;
  const __mmask64 tail = (__mmask64{1} << rest) - 1;
  const std::size_t whole = dimension - rest;
  const __m512i all_128 = _mm512_set1_epi8(static_cast<char>(0x80));
  __m512i sum = _mm512_setzero_si512();
  for (std::size_t i = 0; i < whole; i += kStep) {
    sum = _mm512_dpbusd_epi32(sum, all_128, load(codes + i));
  }
  if (tail != 0) {
    sum = _mm512_dpbusd_epi32(sum, all_128, _mm512_maskz_loadu_epi8(tail, codes + whole));
  }
  return {codes, whole, tail, _mm_cvtsi128_si32(sum_lanes(sum, sum, sum, sum))};
}

// Past the tail the query's codes are loaded as 0, so the rows' flipped zeros there add nothing.
template <std::size_t R>
GROUNDS_INLINE void accumulate(const Query& query, const std::int8_t* const* row, __m512i* sum) {
  for (std::size_t i = 0; i < query.whole; i += kStep) {
    const __m512i codes = load(query.codes + i);
    for (std::size_t r = 0; r < R; ++r) {
      sum[r] = _mm512_dpbusd_epi32(sum[r], flip_sign_bits(load(row[r] + i)), codes);
    }
  }
  if (query.tail == 0) return;
  const __m512i codes = _mm512_maskz_loadu_epi8(query.tail, query.codes + query.whole);
  for (std::size_t r = 0; r < R; ++r) {
    const __m512i others = _mm512_maskz_loadu_epi8(query.tail, row[r] + query.whole);
    sum[r] = _mm512_dpbusd_epi32(sum[r], flip_sign_bits(others), codes);
  }
}

GROUNDS_INLINE void group(const Query& query, const std::int8_t* const* row, std::int32_t* scores) {
  __m512i sum[kRows] = {};
  accumulate<kRows>(query, row, sum);
  const __m128i excess = _mm_set1_epi32(query.excess);
  const __m128i sums = _mm_sub_epi32(sum_lanes(sum[0], sum[1], sum[2], sum[3]), excess);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(scores), sums);
}

GROUNDS_INLINE std::int32_t single(const Query& query, const std::int8_t* row) {
  __m512i sum[1] = {};
  accumulate<1>(query, &row, sum);
  return _mm_cvtsi128_si32(sum_lanes(sum[0], sum[0], sum[0], sum[0])) - query.excess;
}

#include "index/vector/kernel_body.inc"

}  // namespace
}  // namespace avx512_vnni

const Kernel kAvx512Vnni{"avx512-vnni", avx512_vnni::pair, avx512_vnni::contiguous,
                         avx512_vnni::gather, avx512_vnni::summarise};

}  // namespace grounds::kernels

#endif
