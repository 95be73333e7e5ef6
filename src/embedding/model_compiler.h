// From an ONNX file to a model that OpenVINO runs on this machine.
#pragma once

#include <string>

#include "embedding/openvino_encoder.h"

namespace grounds {

struct CompileRequest {
  std::string onnx_path;
  Precision precision = Precision::kInt8;
  Pooling pooling = Pooling::kCls;
  int dimension = 0;
  std::size_t max_tokens = 0;
  std::size_t vocabulary_size = 0;
};

// kBadInput if the file is no ONNX encoder, has inputs that are not known, gives another dimension, or has
// a table that does not fit the tokenizer's vocabulary.
Result<ov::CompiledModel> compile_encoder(const CompileRequest& request, int streams);

// The properties that a model is compiled and imported with.
ov::AnyMap compile_properties(ov::Core& core, Precision precision, int dimension, int streams);

}  // namespace grounds
