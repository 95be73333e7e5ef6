// From a row per token to one unit vector.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "embedding/model.h"

namespace grounds {

// `rows` holds tokens x dimension floats. Sums are taken in double, in order, so the result depends on
// the rows alone. Returns an empty vector if it cannot be normalised (not finite, or all zero).
std::vector<float> pool_and_normalize(std::span<const float> rows, std::size_t dimension, Pooling pooling);

}  // namespace grounds
