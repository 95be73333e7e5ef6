#include "embedding/encoder_pool.h"

#include "embedding/http_encoder.h"

namespace grounds {

Result<std::shared_ptr<const Encoder>> load_any_encoder(const ModelRegistry& registry, const HttpModels& served,
                                                        const std::string& model, const EncoderOptions& options) {
  if (const auto found = served.find(model); found != served.end())
    return make_http_encoder(registry.file_system(), found->second);
  return load_encoder(registry, model, options);
}

Result<std::shared_ptr<const Encoder>> EncoderPool::load(const std::string& model) const {
  std::shared_ptr<Slot> slot;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = slots_.find(model); found != slots_.end()) slot = found->second;
  }
  if (!slot) {
    // No slot for a name that is no model's: clients may send any number of names.
    if (!served_.contains(model)) GROUNDS_RETURN_IF_ERROR(registry_.find(model));
    const std::lock_guard lock(mutex_);
    auto& found = slots_[model];
    if (!found) found = std::make_shared<Slot>();
    slot = found;
  }
  const std::lock_guard lock(slot->mutex);
  if (!slot->encoder) {
    GROUNDS_ASSIGN_OR_RETURN(slot->encoder, load_any_encoder(registry_, served_, model, options_));
  }
  return slot->encoder;
}

Result<std::shared_ptr<const Encoder>> EncoderPool::get(const std::string& identity_json) const {
  GROUNDS_ASSIGN_OR_RETURN(ModelIdentity wanted, ModelIdentity::from_json(identity_json));
  GROUNDS_ASSIGN_OR_RETURN(auto encoder, load(wanted.name));
  if (encoder->identity() != wanted)
    return fail(ErrorCode::kRefused,
                "the collection was embedded with " + identity_json + ", but the model that is now called " + wanted.name + " is " +
                    encoder->identity().to_json(),
                "install or configure the former again, or embed anew: grounds collections create NEW --model " + wanted.name +
                    ", then grounds ingest -c NEW PATH");
  if (!first_use_) return encoder;
  {
    const std::lock_guard lock(mutex_);
    if (used_.contains(identity_json)) return encoder;
  }
  GROUNDS_RETURN_IF_ERROR(first_use_(*encoder));
  const std::lock_guard lock(mutex_);
  used_.insert(identity_json);
  return encoder;
}

}  // namespace grounds
