// What an embedding model is: its registry entry, its identity (what decides the vectors) and the
// runtime it ran on (what should not, and is watched).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "grounds/result.h"

namespace grounds {

enum class Pooling { kCls, kMean, kLastToken };
enum class Precision { kInt8, kBf16, kF32 };
std::string_view pooling_name(Pooling pooling);        // "cls", "mean", "last"
std::string_view precision_name(Precision precision);  // "int8", "bf16", "f32"
Result<Pooling> parse_pooling(std::string_view name);        // kUsage
Result<Precision> parse_precision(std::string_view name);    // kUsage

// All that decides a text's vector and codes. Two spaces with unequal identities are never mixed.
struct ModelIdentity {
  std::string name;                // registry name, or the folder's own
  std::string model_sha256;        // of the ONNX file
  std::string tokenizer_sha256;    // of tokenizer.json
  Pooling pooling = Pooling::kCls;
  std::string query_prefix;
  std::string passage_prefix;
  Precision precision = Precision::kInt8;
  double code_scale = 0;           // S of the int8 codes
  int dimension = 0;

  friend bool operator==(const ModelIdentity&, const ModelIdentity&) = default;
  // Canonical JSON, and its SHA-256 in hex: what a space, a segment and a record store.
  std::string to_json() const;
  static Result<ModelIdentity> from_json(std::string_view text);
  std::string fingerprint() const;
};

// Recorded with each commit and answer; compared by canaries, never a reason to refuse.
struct RuntimeIdentity {
  std::string library;              // "OpenVINO 2026.4.1-..."
  std::string instruction_set;      // "avx512_vnni", "avx2", ...
  std::string effective_precision;  // as read back from the compiled model
  std::string canary;               // hash of the codes of the canary texts

  friend bool operator==(const RuntimeIdentity&, const RuntimeIdentity&) = default;
  std::string to_json() const;
};

// One [[model]] of models.toml.
struct ModelEntry {
  std::string name;
  std::string package;                 // "maven:GROUP:ARTIFACT" or "" for a folder of the user's own
  std::string version;
  std::string package_sha256;          // of the package file
  std::string model_file, tokenizer_file;
  std::string model_sha256, tokenizer_sha256;
  int dimension = 0;
  int max_tokens = 512;                // special tokens included
  Pooling pooling = Pooling::kCls;
  std::string query_prefix, passage_prefix;
  double code_scale = 0;               // 0: 127*sqrt(dimension)/6
  std::string licence;
  std::vector<std::string> languages;
  std::string own_folder;              // where a model of the user's own is; "" for the registry's
};

// The models known to this program (models.toml, compiled in) and the folder they are installed in.
// Thread-safe after construction.
class ModelRegistry {
 public:
  // `folder`: "" for GROUNDS_MODELS, else $XDG_CACHE_HOME/grounds/models, else ~/.cache/grounds/models.
  // `file_system` must outlive the registry.
  static Result<ModelRegistry> load(const FileSystem& file_system, std::string folder = {});
  // The same with other models than the compiled-in ones: `toml` as in models.toml.
  static Result<ModelRegistry> from_toml(const FileSystem& file_system, std::string folder, std::string_view toml);

  const std::vector<ModelEntry>& entries() const { return entries_; }
  // By registry name, or a path to a folder with model.toml beside its files. kNotFound names what there is.
  Result<ModelEntry> find(const std::string& name_or_folder) const;
  bool installed(const ModelEntry& entry) const;
  std::string folder_of(const ModelEntry& entry) const;
  const std::string& folder() const { return folder_; }
  const FileSystem& file_system() const { return *file_system_; }

 private:
  const FileSystem* file_system_ = nullptr;
  std::string folder_;
  std::vector<ModelEntry> entries_;
};

}  // namespace grounds
