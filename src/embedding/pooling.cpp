#include "embedding/pooling.h"

#include <cmath>

namespace grounds {

std::vector<float> pool_and_normalize(std::span<const float> rows, std::size_t dimension, Pooling pooling) {
  const std::size_t tokens = rows.size() / dimension;
  std::vector<double> pooled(dimension);
  const std::size_t first = pooling == Pooling::kLastToken ? tokens - 1 : 0;
  const std::size_t last = pooling == Pooling::kCls ? 0 : tokens - 1;
  for (std::size_t token = first; token <= last; ++token)
    for (std::size_t i = 0; i < dimension; ++i) pooled[i] += rows[token * dimension + i];

  double squares = 0;  // the mean's divisor is lost in the norm
  for (const double value : pooled) squares += value * value;
  const double norm = std::sqrt(squares);
  if (!std::isfinite(norm) || norm == 0) return {};
  std::vector<float> result(dimension);
  for (std::size_t i = 0; i < dimension; ++i) result[i] = static_cast<float>(pooled[i] / norm);
  return result;
}

}  // namespace grounds
