#include "base/canonical_json.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/json_number.h"
#include "base/utf8.h"

namespace grounds {
namespace {

// RFC 8785, section 3.2.2.2. `text` is valid UTF-8.
void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  for (const char byte : text) {
    switch (byte) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(byte) < 0x20) {
          out += "\\u00";
          out += kDigits[static_cast<unsigned char>(byte) >> 4];
          out += kDigits[static_cast<unsigned char>(byte) & 15];
        } else {
          out += byte;
        }
    }
  }
  out += '"';
}

// UTF-16 code unit order differs from UTF-8 byte order only between U+E000..U+FFFF and the
// supplementary planes, whose first code unit is a surrogate (D800..DBFF).
bool utf16_less(std::string_view left, std::string_view right) {
  std::size_t common = 0;
  while (common < left.size() && common < right.size() && left[common] == right[common]) ++common;
  if (common == left.size() || common == right.size()) return left.size() < right.size();
  std::size_t left_at = floor_boundary(left, common);
  std::size_t right_at = left_at;
  const char32_t a = next_code_point(left, left_at);
  const char32_t b = next_code_point(right, right_at);
  const auto first_unit = [](char32_t c) {
    return c < 0x10000 ? c : 0xD800 + ((c - 0x10000) >> 10);
  };
  if (first_unit(a) != first_unit(b)) return first_unit(a) < first_unit(b);
  return a < b;
}

Status append_value(std::string& out, const Json& value);

Status append_object(std::string& out, const Json& object) {
  std::vector<std::pair<std::string_view, const Json*>> members;
  members.reserve(object.size());
  for (const auto& [key, member] : object.items()) {
    if (!is_valid_utf8(key)) return fail(ErrorCode::kBadInput, "a JSON key is not valid UTF-8");
  }
  for (auto member = object.begin(); member != object.end(); ++member) {
    members.emplace_back(member.key(), &member.value());
  }
  std::sort(members.begin(), members.end(), [](const auto& left, const auto& right) {
    return utf16_less(left.first, right.first);
  });
  out += '{';
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out += ',';
    append_string(out, members[i].first);
    out += ':';
    GROUNDS_RETURN_IF_ERROR(append_value(out, *members[i].second));
  }
  out += '}';
  return {};
}

Status append_array(std::string& out, const Json& array) {
  out += '[';
  bool first = true;
  for (const Json& element : array) {
    if (!first) out += ',';
    first = false;
    GROUNDS_RETURN_IF_ERROR(append_value(out, element));
  }
  out += ']';
  return {};
}

Status append_value(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      out += "null";
      return {};
    case Json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      return {};
    case Json::value_t::string: {
      const auto& text = value.get_ref<const std::string&>();
      if (!is_valid_utf8(text))
        return fail(ErrorCode::kBadInput, "a JSON string is not valid UTF-8");
      append_string(out, text);
      return {};
    }
    case Json::value_t::number_integer: {
      const auto number = value.get<std::int64_t>();
      if (number > kLargestJsonInteger || number < -kLargestJsonInteger) {
        return fail(ErrorCode::kBadInput,
                    "the integer " + std::to_string(number) +
                        " is beyond 2^53, which JSON numbers hold exactly",
                    "write it as a string");
      }
      out += std::to_string(number);
      return {};
    }
    case Json::value_t::number_unsigned: {
      const auto number = value.get<std::uint64_t>();
      if (number > static_cast<std::uint64_t>(kLargestJsonInteger)) {
        return fail(ErrorCode::kBadInput,
                    "the integer " + std::to_string(number) +
                        " is beyond 2^53, which JSON numbers hold exactly",
                    "write it as a string");
      }
      out += std::to_string(number);
      return {};
    }
    case Json::value_t::number_float: {
      const auto number = value.get<double>();
      if (!std::isfinite(number))
        return fail(ErrorCode::kBadInput, "JSON has no infinite or undefined numbers");
      out += json_number_text(number);
      return {};
    }
    case Json::value_t::object:
      return append_object(out, value);
    case Json::value_t::array:
      return append_array(out, value);
    case Json::value_t::binary:
    case Json::value_t::discarded:
      break;
  }
  return fail(ErrorCode::kBadInput, "a value has no form in JSON");
}

}  // namespace

Result<std::string> canonical_json(const Json& value) {
  std::string out;
  GROUNDS_RETURN_IF_ERROR(append_value(out, value));
  return out;
}

}  // namespace grounds
