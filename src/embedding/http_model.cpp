#include "embedding/http_model.h"

#include <arpa/inet.h>

#include <charconv>
#include <cmath>

namespace grounds {
namespace {

bool is_loopback(const std::string& host) {
  if (host == "localhost" || host == "[::1]") return true;
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

tl::unexpected<Error> wrong(const HttpModel& model, const std::string& key, const std::string& why) {
  return fail(ErrorCode::kUsage, "[models." + model.name + "] " + key + " " + why, "see docs/embedding.md");
}

}  // namespace

Result<EmbeddingsUrl> embeddings_url(const std::string& base_url) {
  const auto bad = [&](const std::string& why) {
    return fail(ErrorCode::kUsage, "base_url " + why, "write it like http://127.0.0.1:8080/v1");
  };
  EmbeddingsUrl url;
  std::size_t begin = 0;
  if (base_url.starts_with("http://")) begin = 7;
  else if (base_url.starts_with("https://")) begin = 8;
  else return bad("starts with neither http:// nor https://");
  url.encrypted = begin == 8;
  // Not shown in the message: what is wrong may be a password.
  if (base_url.find('@') != std::string::npos) return bad("holds a user name or password; use api_key_file or api_key_env");
  for (const char c : base_url)
    if (c <= ' ' || c >= 0x7F || c == '?' || c == '#' || c == '\\') return bad("'" + base_url + "' has characters that do not belong there");
  const std::size_t slash = base_url.find('/', begin);
  const std::string authority = base_url.substr(begin, slash == std::string::npos ? slash : slash - begin);
  const std::size_t colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  const std::string host = authority.substr(0, colon);
  if (host.empty() || (host.starts_with('[') && !host.ends_with(']'))) return bad("'" + base_url + "' names no host");
  if (colon != std::string::npos) {
    unsigned port = 0;
    const char* end = authority.data() + authority.size();
    const auto parsed = std::from_chars(authority.data() + colon + 1, end, port);
    if (parsed.ec != std::errc{} || parsed.ptr != end || port == 0 || port > 65535)
      return bad("'" + base_url + "' has no proper port");
  }
  url.origin = base_url.substr(0, begin) + authority;
  url.path = slash == std::string::npos ? std::string() : base_url.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();
  url.path += "/embeddings";
  url.loopback = is_loopback(host);
  return url;
}

Status check_http_model(const HttpModel& model) {
  if (model.name.empty() || model.name == "none" || model.name.find('/') != std::string::npos)
    return fail(ErrorCode::kUsage, "[models.\"" + model.name + "\"]: a model cannot have this name");
  if (model.base_url.empty()) return wrong(model, "base_url", "is missing");
  if (const auto url = embeddings_url(model.base_url); !url) return fail(Error(url.error()).in("[models." + model.name + "]"));
  if (model.model.empty()) return wrong(model, "model", "is missing: what the server calls the model");
  if (model.dimension < 1 || model.dimension > 8192) return wrong(model, "dimension", "is missing or not from 1 to 8192");
  if (model.max_tokens < 16 || model.max_tokens > 32768) return wrong(model, "max_tokens", "is not from 16 to 32768");
  if (!std::isfinite(model.code_scale) || model.code_scale < 0) return wrong(model, "code_scale", "is not a number >= 0");
  if (model.max_batch < 1 || model.max_batch > 2048) return wrong(model, "max_batch", "is not from 1 to 2048");
  if (model.concurrency < 1 || model.concurrency > 64) return wrong(model, "concurrency", "is not from 1 to 64");
  if (model.timeout.count() < 1) return wrong(model, "timeout_seconds", "is not at least 1");
  if (model.retries < 0 || model.retries > 20) return wrong(model, "retries", "is not from 0 to 20");
  if (!model.api_key_file.empty() && !model.api_key_env.empty())
    return wrong(model, "api_key_file", "and api_key_env are both given; give one");
  return {};
}

ModelIdentity http_identity(const HttpModel& model, std::string tokenizer_sha256) {
  ModelIdentity identity;
  identity.name = model.name;
  identity.model_sha256 = "served:" + model.model;
  if (!model.query_model.empty() && model.query_model != model.model)
    identity.model_sha256 += " (questions: " + model.query_model + ")";
  identity.tokenizer_sha256 = std::move(tokenizer_sha256);
  identity.query_prefix = model.query_prefix;
  identity.passage_prefix = model.passage_prefix;
  // Pooling and precision are the server's business: always the same here.
  identity.pooling = Pooling::kCls;
  identity.precision = Precision::kF32;
  identity.code_scale = model.code_scale > 0 ? model.code_scale : 127 * std::sqrt(static_cast<double>(model.dimension)) / 6;
  identity.dimension = model.dimension;
  return identity;
}

}  // namespace grounds
