// The graph pass that makes an encoder int8: weights of matrix products become u8 with a scale and a zero
// point per output channel, in the pattern that the CPU plugin runs with activations quantised per row;
// large tables of token vectors become u8 with a scale per row.
#pragma once

#include <memory>
#include <openvino/core/model.hpp>

#include "grounds/result.h"

namespace grounds {

// Part of what decides the vectors: changed with any change to the pass.
inline constexpr int kInt8PassVersion = 4;

// Rewrites the model in place; returns the number of products rewritten. kBadInput if a weight is not
// finite, or if there is no product with a constant weight at all.
Result<int> compress_to_int8(const std::shared_ptr<ov::Model>& model);

}  // namespace grounds
