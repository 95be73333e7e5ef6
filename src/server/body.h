// A request's body, read field by field and strictly.
#pragma once

#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/views.h"

namespace grounds {

// Reads a request's fields one by one and knows which it has not been asked for.
class Body {
 public:
  static Result<Body> parse(const std::string& text) {
    auto json = parse_json(text);
    if (!json) return fail(ErrorCode::kUsage, "the body is not JSON: " + json.error().message);
    if (!json->is_object()) return fail(ErrorCode::kUsage, "the body must be a JSON object");
    Body body;
    body.json_ = std::move(*json);
    return body;
  }

  std::string text(const char* key, std::string otherwise = {}) {
    const Json* value = take(key, "a text", [](const Json& v) { return v.is_string(); });
    return value ? value->get<std::string>() : otherwise;
  }
  std::string required(const char* key) {
    if (!json_.contains(key)) wrong(std::string("'") + key + "' is missing");
    return text(key);
  }
  std::uint32_t number(const char* key, std::uint32_t otherwise) {
    const Json* value = take(key, "a whole number from 0 to 2^31", [](const Json& v) {
      return v.is_number_unsigned() && v.get<std::uint64_t>() <= (1u << 31);
    });
    return value ? value->get<std::uint32_t>() : otherwise;
  }
  bool flag(const char* key) {
    const Json* value = take(key, "true or false", [](const Json& v) { return v.is_boolean(); });
    return value && value->get<bool>();
  }
  std::optional<double> real(const char* key, double least, double most) {
    const Json* value = take(key, "a number within its range", [&](const Json& v) {
      return v.is_number() && v.get<double>() >= least && v.get<double>() <= most;
    });
    return value ? std::optional<double>(value->get<double>()) : std::nullopt;
  }
  Result<std::vector<Message>> messages(const char* key) {
    known_.insert(key);
    if (!has(key)) return std::vector<Message>();
    return parse_messages(json_[key]);
  }
  // Of a request that other programs make: fields that have no effect here.
  void ignore(std::initializer_list<const char*> keys) { known_.insert(keys.begin(), keys.end()); }
  const Json* any(const char* key) {
    known_.insert(key);
    return has(key) ? &json_[key] : nullptr;
  }
  // "as_of" is a number or a text.
  std::string number_or_text(const char* key) {
    const Json* value = take(key, "a number or a text",
                             [](const Json& v) { return v.is_number_unsigned() || v.is_string(); });
    if (!value) return {};
    return value->is_string() ? value->get<std::string>() : std::to_string(value->get<std::uint64_t>());
  }
  bool has(const char* key) { return json_.contains(key) && !json_[key].is_null(); }

  // After all fields were asked for: what is left over is unknown.
  Status finish() {
    for (const auto& [key, value] : json_.items())
      if (!known_.contains(key)) wrong("unknown field '" + key + "'");
    if (wrong_.empty()) return {};
    return fail(ErrorCode::kUsage, wrong_);
  }

 private:
  template <class Test>
  const Json* take(const char* key, const char* expected, Test test) {
    known_.insert(key);
    auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) return nullptr;
    if (test(*found)) return &*found;
    wrong(std::string("'") + key + "' must be " + expected);
    return nullptr;
  }
  void wrong(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  Json json_;
  std::set<std::string, std::less<>> known_;
  std::string wrong_;
};

}  // namespace grounds
