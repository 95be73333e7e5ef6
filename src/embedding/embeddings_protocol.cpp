#include "embedding/embeddings_protocol.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "base/canonical_json.h"
#include "base/utf8.h"
#include "embedding/base64.h"

namespace grounds {
namespace {

constexpr std::size_t kLongestErrorText = 300;

tl::unexpected<Error> bad(std::string what) { return fail(ErrorCode::kUnavailable, std::move(what)); }

Result<std::vector<float>> from_base64(const std::string& text) {
  static_assert(std::endian::native == std::endian::little);
  const auto bytes = decode_base64(text);
  if (!bytes || bytes->size() % sizeof(float) != 0) return bad("a vector is not base64 of 32-bit floats");
  std::vector<float> vector(bytes->size() / sizeof(float));
  std::memcpy(vector.data(), bytes->data(), bytes->size());
  return vector;
}

Result<std::vector<float>> from_list(const Json& list) {
  std::vector<float> vector;
  vector.reserve(list.size());
  for (const Json& number : list) {
    if (!number.is_number()) return bad("a vector has a component that is no number (" + std::string(number.type_name()) + ")");
    vector.push_back(static_cast<float>(number.get<double>()));
  }
  return vector;
}

Result<std::vector<float>> read_vector(const Json& item, std::size_t dimension) {
  if (!item.is_object() || !item.contains("embedding")) return bad("an item of \"data\" has no \"embedding\"");
  const Json& value = item["embedding"];
  if (!value.is_array() && !value.is_string()) return bad("an \"embedding\" is neither a list nor a text");
  GROUNDS_ASSIGN_OR_RETURN(std::vector<float> vector, value.is_array() ? from_list(value) : from_base64(value.get_ref<const std::string&>()));
  if (vector.size() != dimension)
    return bad("its vectors have " + std::to_string(vector.size()) + " components, not the " + std::to_string(dimension) + " configured");
  double squares = 0;
  for (const float x : vector) squares += static_cast<double>(x) * static_cast<double>(x);
  if (!std::isfinite(squares)) return bad("a vector has a component that is not a finite number");
  const double length = std::sqrt(squares);
  if (length < 1e-6) return bad("a vector has length zero");
  for (float& x : vector) x = static_cast<float>(static_cast<double>(x) / length);
  return vector;
}

}  // namespace

std::string embeddings_request(const std::string& model, std::span<const std::string> texts, bool base64) {
  Json json = {{"model", model}, {"encoding_format", base64 ? "base64" : "float"}, {"input", Json::array()}};
  for (const std::string& text : texts) json["input"].push_back(text);
  return json.dump();
}

Result<EmbeddingsAnswer> read_embeddings(std::string_view body, std::size_t count, std::size_t dimension) {
  const std::string_view text = trim(body);
  if (text.empty()) return bad("its answer is empty");
  if (text.starts_with('<')) return bad("it answered with a web page (HTML or XML), not with JSON");
  const auto json = parse_json(text);
  if (!json) return bad("its answer is not JSON: " + json.error().message);
  if (!json->is_object() || !json->contains("data") || !(*json)["data"].is_array()) {
    const std::string reason = error_text(text);
    return bad("its answer has no list \"data\"" + (reason.empty() ? "" : ": " + reason));
  }
  const Json& data = (*json)["data"];
  if (data.size() != count)
    return bad("it gave " + std::to_string(data.size()) + " vectors for " + std::to_string(count) + " texts");
  EmbeddingsAnswer answer;
  answer.vectors.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    GROUNDS_ASSIGN_OR_RETURN(std::vector<float> vector, read_vector(data[i], dimension));
    std::size_t index = i;
    if (data[i].contains("index")) {
      const Json& given = data[i]["index"];
      if (!given.is_number_unsigned() || given.get<std::uint64_t>() >= count) return bad("an \"index\" is not that of a text");
      index = given.get<std::size_t>();
    }
    if (!answer.vectors[index].empty()) return bad("two vectors have the index " + std::to_string(index));
    answer.vectors[index] = std::move(vector);
  }
  if (json->contains("model") && (*json)["model"].is_string()) answer.model = (*json)["model"].get<std::string>();
  return answer;
}

std::string error_text(std::string_view body) {
  std::string text;
  if (trim(body).starts_with('<')) return "a web page";
  if (const auto json = parse_json(trim(body)); json && json->is_object()) {
    const Json& error = json->contains("error") ? (*json)["error"] : *json;
    if (error.is_string()) text = error.get<std::string>();
    for (const char* key : {"message", "detail"})
      if (text.empty() && error.is_object() && error.contains(key) && error[key].is_string()) text = error[key].get<std::string>();
  } else {
    text = replace_invalid_utf8(body.substr(0, 4 * kLongestErrorText));
  }
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7F) c = ' ';
  if (text.size() > kLongestErrorText) text = text.substr(0, floor_boundary(text, kLongestErrorText)) + "...";
  return std::string(trim(text));
}

}  // namespace grounds
