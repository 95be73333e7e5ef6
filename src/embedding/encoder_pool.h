// The encoders of a process: each model loaded once, when first needed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "embedding/encoder.h"
#include "embedding/http_model.h"
#include "grounds/result.h"

namespace grounds {

// Loads a model that runs here, or one behind HTTP: the names of `served` go first.
Result<std::shared_ptr<const Encoder>> load_any_encoder(const ModelRegistry& registry, const HttpModels& served,
                                                        const std::string& model, const EncoderOptions& options);

// Thread-safe. A model that cannot be loaded now is tried again the next time.
class EncoderPool {
 public:
  // Asked once for each space whose encoder is used, before that; what it refuses is not used.
  using FirstUse = std::function<Status(const Encoder&)>;

  EncoderPool(ModelRegistry registry, EncoderOptions options, HttpModels served = {}, FirstUse first_use = {})
      : registry_(std::move(registry)), options_(options), served_(std::move(served)), first_use_(std::move(first_use)) {}

  // The encoder of a space, by its ModelIdentity as JSON. kRefused if what is installed under the
  // model's name has another identity: names both, and the command that re-embeds.
  Result<std::shared_ptr<const Encoder>> get(const std::string& identity_json) const;
  // The encoder of a model by name or folder.
  Result<std::shared_ptr<const Encoder>> load(const std::string& model) const;

  const ModelRegistry& registry() const { return registry_; }
  const HttpModels& served() const { return served_; }

 private:
  struct Slot {
    std::mutex mutex;  // held while loading: two questions that arrive together load a model once
    std::shared_ptr<const Encoder> encoder;
  };

  ModelRegistry registry_;
  EncoderOptions options_;
  HttpModels served_;
  FirstUse first_use_;
  mutable std::mutex mutex_;                                   // of the two below, never while loading
  mutable std::map<std::string, std::shared_ptr<Slot>> slots_;  // by model name
  mutable std::set<std::string> used_;                         // identities that were let through
};

}  // namespace grounds
