// The encoder on OpenVINO's CPU plugin: one sequence per inference, one thread per stream.
#pragma once

#include <functional>
#include <memory>
#include <openvino/runtime/compiled_model.hpp>

#include "base/file_system.h"
#include "embedding/encoder.h"

namespace grounds {

// A model ready to run, and what its memory hangs on.
struct CompiledEncoder {
  MappedFile mapping;  // of the compiled model's file, if it came from one; outlives the model
  ov::CompiledModel model;
  int streams = 1;     // that `model` has
  // Another model of the same file with so many streams, made when more than one text is at hand: a stream
  // costs a start and memory of its own. Empty if `model` has all streams.
  std::function<Result<ov::CompiledModel>(int streams)> more;
};

// `streams`: the most that are used. kBadInput or kDamaged if the model does not give finite vectors of the identity's dimension.
Result<std::shared_ptr<const Encoder>> make_openvino_encoder(CompiledEncoder compiled, int streams,
                                                             std::size_t max_tokens,
                                                             std::shared_ptr<const Tokenizer> tokenizer,
                                                             ModelIdentity identity);

}  // namespace grounds
