// Compiled models on disk: what OpenVINO made of an ONNX file for this machine, so that the next start
// takes 0.1 s. The format is in docs/formats/compiled_model.md. A cache: any file of it may be removed.
#pragma once

#include <string>

#include "base/file_system.h"
#include "embedding/openvino_encoder.h"

namespace grounds {

// All that decides what a compiled model is. Part of the file; the file's name has its hash.
struct CompiledKey {
  std::string model_sha256;
  Precision precision = Precision::kInt8;
  Pooling pooling = Pooling::kCls;   // rows that are not pooled are not computed
  int dimension = 0;
  std::size_t max_tokens = 0;
  std::size_t vocabulary_size = 0;  // checked against the model when it was compiled

  // Also has the versions of OpenVINO, of the graph passes and of the format, and the instruction set.
  std::string to_json() const;
  std::string file_name() const;
};

// With one stream, and more on demand. kNotFound if there is none for this key, kDamaged if its checksum or its
// header does not fit.
Result<CompiledEncoder> open_compiled(const FileSystem& files, const std::string& folder, const CompiledKey& key);

// Writes it atomically and durably, and removes those of other versions for the same
// processor that are a week older.
Status save_compiled(const FileSystem& files, const std::string& folder, const CompiledKey& key,
                     ov::CompiledModel& model);

}  // namespace grounds
