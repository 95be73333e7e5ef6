// The encoders of a process: each model loaded once, when first needed.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "embedding/encoder.h"
#include "grounds/result.h"

namespace grounds {

// Thread-safe.
class EncoderPool {
 public:
  EncoderPool(ModelRegistry registry, EncoderOptions options) : registry_(std::move(registry)), options_(options) {}

  // The encoder of a space, by its ModelIdentity as JSON. kRefused if what is installed under the
  // model's name has another identity: names both, and the command that re-embeds.
  Result<std::shared_ptr<const Encoder>> get(const std::string& identity_json) const;
  // The encoder of a model by name or folder.
  Result<std::shared_ptr<const Encoder>> load(const std::string& model) const;

  const ModelRegistry& registry() const { return registry_; }

 private:
  ModelRegistry registry_;
  EncoderOptions options_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<const Encoder>> loaded_;  // by model name
};

}  // namespace grounds
