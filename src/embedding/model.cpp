#include "embedding/model.h"

#include "base/canonical_json.h"
#include "base/hash.h"

namespace grounds {

std::string_view pooling_name(Pooling pooling) {
  switch (pooling) {
    case Pooling::kCls: return "cls";
    case Pooling::kMean: return "mean";
    case Pooling::kLastToken: return "last";
  }
  return "";
}

std::string_view precision_name(Precision precision) {
  switch (precision) {
    case Precision::kInt8: return "int8";
    case Precision::kBf16: return "bf16";
    case Precision::kF32: return "f32";
  }
  return "";
}

Result<Pooling> parse_pooling(std::string_view name) {
  for (Pooling pooling : {Pooling::kCls, Pooling::kMean, Pooling::kLastToken})
    if (name == pooling_name(pooling)) return pooling;
  return fail(ErrorCode::kUsage, "no such pooling: '" + std::string(name) + "'", "cls, mean or last");
}

Result<Precision> parse_precision(std::string_view name) {
  for (Precision precision : {Precision::kInt8, Precision::kBf16, Precision::kF32})
    if (name == precision_name(precision)) return precision;
  return fail(ErrorCode::kUsage, "no such precision: '" + std::string(name) + "'", "int8, bf16 or f32");
}

std::string ModelIdentity::to_json() const {
  const Json json = {{"name", name},
                     {"model_sha256", model_sha256},
                     {"tokenizer_sha256", tokenizer_sha256},
                     {"pooling", pooling_name(pooling)},
                     {"query_prefix", query_prefix},
                     {"passage_prefix", passage_prefix},
                     {"precision", precision_name(precision)},
                     {"code_scale", code_scale},
                     {"dimension", dimension}};
  // Names and prefixes come from TOML, which is valid UTF-8, and the scale is finite: see find().
  return canonical_json(json).value_or("");
}

Result<ModelIdentity> ModelIdentity::from_json(std::string_view text) {
  GROUNDS_ASSIGN_OR_RETURN(const Json json, parse_json(text));
  try {
    ModelIdentity identity;
    identity.name = json.at("name").get<std::string>();
    identity.model_sha256 = json.at("model_sha256").get<std::string>();
    identity.tokenizer_sha256 = json.at("tokenizer_sha256").get<std::string>();
    GROUNDS_ASSIGN_OR_RETURN(identity.pooling, parse_pooling(json.at("pooling").get<std::string>()));
    identity.query_prefix = json.at("query_prefix").get<std::string>();
    identity.passage_prefix = json.at("passage_prefix").get<std::string>();
    GROUNDS_ASSIGN_OR_RETURN(identity.precision, parse_precision(json.at("precision").get<std::string>()));
    identity.code_scale = json.at("code_scale").get<double>();
    identity.dimension = json.at("dimension").get<int>();
    return identity;
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kDamaged, std::string("a stored model identity cannot be read: ") + error.what());
  }
}

std::string ModelIdentity::fingerprint() const { return sha256_hex(to_json()); }

std::string RuntimeIdentity::to_json() const {
  const Json json = {{"library", library},
                     {"instruction_set", instruction_set},
                     {"effective_precision", effective_precision},
                     {"canary", canary}};
  return canonical_json(json).value_or("");
}

}  // namespace grounds
