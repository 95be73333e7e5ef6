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
using Sum = std::int32_t;

void prepare(const std::int8_t* codes, std::size_t dimension, Query& query) {
  query = {codes, dimension};
}

Sum accumulate(const Query& query, const std::int8_t* row) {
  Sum sum = 0;
  for (std::size_t i = 0; i < query.dimension; ++i) sum += query.codes[i] * row[i];
  return sum;
}

std::int32_t finish_one(const Query&, Sum sum) { return sum; }
void finish(const Query&, const Sum* sums, std::int32_t* scores) { scores[0] = sums[0]; }

std::int32_t pair(const std::int8_t* a, const std::int8_t* b, std::size_t dimension) {
  return accumulate({a, dimension}, b);
}

#include "index/vector/kernel_body.inc"

}  // namespace
}  // namespace scalar

const Kernel kScalar{"scalar", scalar::pair, scalar::contiguous, scalar::gather, scalar::summarise};

}  // namespace grounds::kernels
