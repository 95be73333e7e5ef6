// load_encoder: from a model's name to an encoder, with every file checked on the way.
#include <cmath>
#include <thread>

#include "base/log.h"
#include "embedding/compiled_model.h"
#include "embedding/encoder.h"
#include "embedding/file_hash.h"
#include "embedding/model_compiler.h"
#include "embedding/openvino_encoder.h"

namespace grounds {
namespace {

struct Wanted {
  Precision precision;
  int streams;
  std::size_t vocabulary_size;
};

// The compiled model from the folder if one is there, else compiled from the ONNX file and kept. Sets
// *model_sha256 if it is empty, which costs reading the ONNX file.
Result<CompiledEncoder> open_or_compile(const FileSystem& files, const std::string& folder, const ModelEntry& entry,
                                        const Wanted& wanted, std::string* model_sha256) {
  const std::string onnx_path = folder + "/" + entry.model_file;
  const auto max_tokens = static_cast<std::size_t>(entry.max_tokens);
  const bool hash_known = !model_sha256->empty();
  if (!hash_known) {
    GROUNDS_ASSIGN_OR_RETURN(*model_sha256, check_file(files, onnx_path, "", kLargestModelFile));
  }
  const CompiledKey key{*model_sha256, wanted.precision, entry.pooling, entry.dimension, max_tokens, wanted.vocabulary_size};
  // Others are for comparisons, and their files would be large.
  const bool cached = wanted.precision == Precision::kInt8;
  if (cached) {
    auto compiled = open_compiled(files, folder, key);
    if (compiled) return compiled;
    if (compiled.error().code != ErrorCode::kNotFound)
      log_warning("compiling the model " + entry.name + " again: " + compiled.error().message);
  }
  if (hash_known) {
    GROUNDS_RETURN_IF_ERROR(check_file(files, onnx_path, *model_sha256, kLargestModelFile));
  }
  CompiledEncoder result;
  result.streams = wanted.streams;
  GROUNDS_ASSIGN_OR_RETURN(
      result.model, compile_encoder({onnx_path, wanted.precision, entry.pooling, entry.dimension, max_tokens, wanted.vocabulary_size},
                                    wanted.streams));
  if (!cached) return result;
  // A folder that cannot be written costs time at each start, no more.
  if (const auto saved = save_compiled(files, folder, key, result.model); !saved) {
    log_debug("the compiled model is not kept: " + saved.error().message);
    return result;
  }
  // What later starts will run, and in less memory than the model just compiled.
  result = {};
  return open_compiled(files, folder, key);
}

int stream_count(int wanted) {
  if (wanted > 0) return wanted;
  const unsigned cores = std::thread::hardware_concurrency();
  return cores > 0 ? static_cast<int>(cores) : 1;
}

}  // namespace

Result<std::shared_ptr<const Encoder>> load_encoder(const ModelRegistry& registry, const std::string& model,
                                                    const EncoderOptions& options) {
  GROUNDS_ASSIGN_OR_RETURN(const ModelEntry entry, registry.find(model));
  if (!registry.installed(entry))
    return fail(ErrorCode::kNotFound, "the model " + entry.name + " is not installed",
                entry.own_folder.empty() ? "grounds model pull " + entry.name
                                         : "its folder lacks " + entry.model_file + " or " + entry.tokenizer_file);
  const std::string folder = registry.folder_of(entry);
  const FileSystem& files = registry.file_system();
  GROUNDS_ASSIGN_OR_RETURN(
      const std::string tokenizer_sha256,
      check_file(files, folder + "/" + entry.tokenizer_file, entry.tokenizer_sha256, kLargestTokenizerFile));
  GROUNDS_ASSIGN_OR_RETURN(auto tokenizer, load_tokenizer(files, folder + "/" + entry.tokenizer_file));
  ModelIdentity identity{entry.name, entry.model_sha256, tokenizer_sha256, entry.pooling, entry.query_prefix,
                         entry.passage_prefix, options.precision, entry.code_scale, entry.dimension};
  if (identity.code_scale == 0) identity.code_scale = 127 * std::sqrt(static_cast<double>(entry.dimension)) / 6;

  const int streams = stream_count(options.streams);
  const auto max_tokens = static_cast<std::size_t>(entry.max_tokens);
  GROUNDS_ASSIGN_OR_RETURN(
      CompiledEncoder compiled,
      open_or_compile(files, folder, entry, {options.precision, streams, tokenizer->vocabulary_size()},
                      &identity.model_sha256));
  return make_openvino_encoder(std::move(compiled), streams, max_tokens, std::move(tokenizer), std::move(identity));
}

}  // namespace grounds
