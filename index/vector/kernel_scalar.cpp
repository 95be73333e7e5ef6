// The kernel in plain C++: for CPUs without the others, and what the others are tested against.
#include "index/vector/kernel.h"

#define GROUNDS_TARGET

namespace grounds::kernels {
namespace scalar {
namespace {

constexpr std::size_t kRows = 1;

struct Query {
  const std::int8_t* codes;
  std::size_t dimension;
};

Query prepare(const std::int8_t* codes, std::size_t dimension) { return {codes, dimension}; }

std::int32_t single(const Query& query, const std::int8_t* row) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < query.dimension; ++i) sum += query.codes[i] * row[i];
  return sum;
}

void group(const Query& query, const std::int8_t* const* row, std::int32_t* scores) {
  scores[0] = single(query, row[0]);
}

#include "index/vector/kernel_body.inc"

}  // namespace
}  // namespace scalar

const Kernel kScalar{"scalar", scalar::pair, scalar::contiguous, scalar::gather, scalar::summarise};

}  // namespace grounds::kernels
