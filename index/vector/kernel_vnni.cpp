// AVX-512 VNNI on 256-bit registers, 32 codes at a time: loads of 64 bytes scan memory a third slower
// here, and wide registers may lower the clock elsewhere. vpdpbusd multiplies unsigned by signed
// bytes, so a row's codes go in as r + 128 (one exclusive or), which adds 128 * sum(query) to every
// score. That is a constant of the query and is taken off at the end: exact, and no sums per row are
// stored or computed.
#if defined(__x86_64__)

#include <immintrin.h>

#include "index/vector/kernel.h"

#define GROUNDS_TARGET __attribute__((target("avx2,avx512f,avx512bw,avx512vl,avx512vnni")))
#define GROUNDS_INLINE GROUNDS_TARGET __attribute__((always_inline)) inline

namespace grounds::kernels {
namespace vnni {
namespace {

constexpr std::size_t kRows = 4;
constexpr std::size_t kStep = 32;  // codes at a time

struct Query {
  const std::int8_t* codes;
  std::size_t whole;    // codes covered by full steps
  __mmask32 tail;       // those of the last, partial one; 0 if there is none
  std::int32_t excess;  // 128 * sum(codes)
};
using Sum = __m256i;

GROUNDS_INLINE __m256i load(const std::int8_t* codes) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes));
}

GROUNDS_INLINE __m256i load_tail(__mmask32 tail, const std::int8_t* codes) {
  return _mm256_maskz_loadu_epi8(tail, codes);
}

GROUNDS_INLINE __m256i all_128() { return _mm256_set1_epi8(static_cast<char>(0x80)); }

GROUNDS_INLINE __m256i flip_sign_bits(__m256i codes) { return _mm256_xor_si256(codes, all_128()); }

// The sums of the lanes of a, b, c and d.
GROUNDS_INLINE __m128i sum_lanes(__m256i a, __m256i b, __m256i c, __m256i d) {
  const __m256i abcd = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
  return _mm_add_epi32(_mm256_castsi256_si128(abcd), _mm256_extracti128_si256(abcd, 1));
}

GROUNDS_INLINE void prepare(const std::int8_t* codes, std::size_t dimension, Query& query) {
  const std::size_t rest = dimension % kStep;
  const std::size_t whole = dimension - rest;
  const auto tail = static_cast<__mmask32>((std::uint32_t{1} << rest) - 1);
  __m256i sum = _mm256_setzero_si256();
  for (std::size_t i = 0; i < whole; i += kStep) {
    sum = _mm256_dpbusd_epi32(sum, all_128(), load(codes + i));
  }
  if (tail != 0) sum = _mm256_dpbusd_epi32(sum, all_128(), load_tail(tail, codes + whole));
  query = {codes, whole, tail, _mm_cvtsi128_si32(sum_lanes(sum, sum, sum, sum))};
}

// Past the tail the query's codes are loaded as 0, so the row's flipped zeros there add nothing.
GROUNDS_INLINE Sum accumulate(const Query& query, const std::int8_t* row) {
  Sum sum = _mm256_setzero_si256();
  for (std::size_t i = 0; i < query.whole; i += kStep) {
    sum = _mm256_dpbusd_epi32(sum, flip_sign_bits(load(row + i)), load(query.codes + i));
  }
  if (query.tail != 0) {
    const __m256i codes = load_tail(query.tail, query.codes + query.whole);
    const __m256i others = load_tail(query.tail, row + query.whole);
    sum = _mm256_dpbusd_epi32(sum, flip_sign_bits(others), codes);
  }
  return sum;
}

GROUNDS_INLINE void finish(const Query& query, const Sum* sums, std::int32_t* scores) {
  const __m128i with_excess = sum_lanes(sums[0], sums[1], sums[2], sums[3]);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(scores),
                   _mm_sub_epi32(with_excess, _mm_set1_epi32(query.excess)));
}

GROUNDS_INLINE std::int32_t finish_one(const Query& query, Sum sum) {
  return _mm_cvtsi128_si32(sum_lanes(sum, sum, sum, sum)) - query.excess;
}

GROUNDS_TARGET std::int32_t pair(const std::int8_t* a, const std::int8_t* b,
                                 std::size_t dimension) {
  Query query;
  prepare(a, dimension, query);
  return finish_one(query, accumulate(query, b));
}

#include "index/vector/kernel_body.inc"

}  // namespace
}  // namespace vnni

const Kernel kVnni{"avx512-vnni", vnni::pair, vnni::contiguous, vnni::gather, vnni::summarise};

}  // namespace grounds::kernels

#endif
