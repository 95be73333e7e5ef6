// load_encoder: from a model's name to an encoder, with every file checked on the way.
#include <cmath>
#include <thread>

#include "base/hash.h"
#include "embedding/encoder.h"
#include "embedding/model_compiler.h"
#include "embedding/openvino_encoder.h"

namespace grounds {
namespace {

constexpr std::uint64_t kLargestModel = 8ull << 30, kLargestTokenizer = 64u << 20;

struct CheckedFile {
  std::string path, content, sha256;
};

// Reads a file of the model; kDamaged if the entry knows its hash and it is another.
Result<CheckedFile> read_checked(const FileSystem& file_system, const std::string& path,
                                 const std::string& expected, std::uint64_t limit) {
  CheckedFile file{path, {}, {}};
  GROUNDS_ASSIGN_OR_RETURN(file.content, file_system.read(path, limit));
  file.sha256 = sha256_hex(file.content);
  if (!expected.empty() && file.sha256 != expected)
    return fail(ErrorCode::kDamaged, path + ": its SHA-256 is " + file.sha256 + ", not " + expected,
                "remove the model's folder and pull it again");
  return file;
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
  const std::string folder = registry.folder_of(entry) + "/";
  const FileSystem& files = registry.file_system();
  GROUNDS_ASSIGN_OR_RETURN(const CheckedFile tokenizer_file,
                           read_checked(files, folder + entry.tokenizer_file, entry.tokenizer_sha256, kLargestTokenizer));
  GROUNDS_ASSIGN_OR_RETURN(auto tokenizer, load_tokenizer(files, tokenizer_file.path));
  GROUNDS_ASSIGN_OR_RETURN(CheckedFile onnx,
                           read_checked(files, folder + entry.model_file, entry.model_sha256, kLargestModel));

  ModelIdentity identity{entry.name, onnx.sha256, tokenizer_file.sha256, entry.pooling, entry.query_prefix,
                         entry.passage_prefix, options.precision, entry.code_scale, entry.dimension};
  if (identity.code_scale == 0) identity.code_scale = 127 * std::sqrt(static_cast<double>(entry.dimension)) / 6;

  const int streams = stream_count(options.streams);
  const auto max_tokens = static_cast<std::size_t>(entry.max_tokens);
  CompiledEncoder compiled;
  GROUNDS_ASSIGN_OR_RETURN(compiled.model,
                           compile_encoder({onnx.path, options.precision, entry.dimension, max_tokens,
                                            tokenizer->vocabulary_size()},
                                           streams));
  return make_openvino_encoder(std::move(compiled), streams, max_tokens, std::move(tokenizer), std::move(identity));
}

}  // namespace grounds
