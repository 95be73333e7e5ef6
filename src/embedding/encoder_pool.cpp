#include "embedding/encoder_pool.h"

namespace grounds {

Result<std::shared_ptr<const Encoder>> EncoderPool::load(const std::string& model) const {
  // Loading under the lock: two questions that arrive together load a model once.
  std::lock_guard lock(mutex_);
  if (auto found = loaded_.find(model); found != loaded_.end()) return found->second;
  GROUNDS_ASSIGN_OR_RETURN(auto encoder, load_encoder(registry_, model, options_));
  return loaded_.emplace(model, std::move(encoder)).first->second;
}

Result<std::shared_ptr<const Encoder>> EncoderPool::get(const std::string& identity_json) const {
  GROUNDS_ASSIGN_OR_RETURN(ModelIdentity wanted, ModelIdentity::from_json(identity_json));
  GROUNDS_ASSIGN_OR_RETURN(auto encoder, load(wanted.name));
  if (encoder->identity() == wanted) return encoder;
  return fail(ErrorCode::kRefused,
              "the collection was embedded with " + identity_json + ", but the model installed as " + wanted.name +
                  " is " + encoder->identity().to_json(),
              "install the former again, or embed anew: ingest the documents into a new collection");
}

}  // namespace grounds
