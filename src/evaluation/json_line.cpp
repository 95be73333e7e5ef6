#include "evaluation/json_line.h"

#include <algorithm>

#include "base/utf8.h"

namespace grounds {

Result<Json> parse_json_line(std::string_view line, const std::string& place) {
  auto json = parse_json(line);
  if (!json) return fail(std::move(json).error().in(place));
  if (!json->is_object())
    return fail(ErrorCode::kBadInput, place + " is not a JSON object", "a line is {\"_id\": ..., \"text\": ...}");
  return json;
}

Result<std::string> id_field(const Json& object, const std::string& place) {
  auto found = object.find("_id");
  if (found == object.end()) return fail(ErrorCode::kBadInput, place + " has no \"_id\"");
  if (found->is_number_integer()) return found->dump();
  if (!found->is_string()) return fail(ErrorCode::kBadInput, place + ": \"_id\" is not a string");
  std::string id(trim(found->get_ref<const std::string&>()));
  auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (id.empty() || std::ranges::any_of(id, is_control))
    return fail(ErrorCode::kBadInput, place + ": \"_id\" is empty or holds a control character");
  return id;
}

Result<std::string> text_field(const Json& object, const char* key, const std::string& place) {
  auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::string();
  if (!found->is_string()) return fail(ErrorCode::kBadInput, place + ": \"" + key + "\" is not a string");
  return found->get<std::string>();
}

}  // namespace grounds
