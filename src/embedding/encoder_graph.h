// What can be left out of an encoder's graph when there is one sequence, without padding, and one vector
// is wanted of it.
#pragma once

#include <memory>
#include <openvino/core/model.hpp>

#include "embedding/model.h"

namespace grounds {

// Part of what decides a compiled model: changed with any change to these passes.
inline constexpr int kEncoderGraphVersion = 1;

// Without padding the attention mask adds zero to every score: takes it out, and the input if nothing else
// needs it. Returns the number of places.
int drop_attention_mask(const std::shared_ptr<ov::Model>& model);

// For pooling that takes one row, computes only that row after the last attention: a model of n layers
// does almost one layer's products less. The output then has one row; false if nothing could be left out
// (the output has all rows).
bool keep_pooled_row(const std::shared_ptr<ov::Model>& model, Pooling pooling);

}  // namespace grounds
