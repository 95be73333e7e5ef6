#include "base/canonical_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/utf8.h"

namespace grounds {
namespace {

constexpr std::int64_t kLargestInteger = std::int64_t{1} << 53;

// ECMA-262, Number::toString(x, 10): the shortest digits that read back as x, laid out by the size of
// the exponent n, where x = 0.d1d2...dk * 10^n.
std::string number_text(double value) {
  if (value == 0) return "0";  // minus zero too
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  std::string result;
  if (text.front() == '-') {
    result = "-";
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  std::string digits(1, text.front());
  if (e > 2) digits += text.substr(2, e - 2);
  int exponent = 0;
  std::string_view exponent_text = text.substr(e + 1);
  if (exponent_text.front() == '+') exponent_text.remove_prefix(1);
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);

  const int k = static_cast<int>(digits.size());
  const int n = exponent + 1;
  if (k <= n && n <= 21) return result + digits + std::string(static_cast<std::size_t>(n - k), '0');
  if (0 < n && n <= 21) {
    const auto point = static_cast<std::size_t>(n);
    return result + digits.substr(0, point) + "." + digits.substr(point);
  }
  if (-6 < n && n <= 0) return result + "0." + std::string(static_cast<std::size_t>(-n), '0') + digits;
  result += digits[0];
  if (k > 1) result += "." + digits.substr(1);
  result += n - 1 < 0 ? "e-" : "e+";
  return result + std::to_string(std::abs(n - 1));
}

// RFC 8785, section 3.2.2.2. `text` is valid UTF-8.
void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  for (const char byte : text) {
    switch (byte) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\f': out += "\\f"; break;
      case '\r': out += "\\r"; break;
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
  const auto first_unit = [](char32_t c) { return c < 0x10000 ? c : 0xD800 + ((c - 0x10000) >> 10); };
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
  std::sort(members.begin(), members.end(),
            [](const auto& left, const auto& right) { return utf16_less(left.first, right.first); });
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
    case Json::value_t::null: out += "null"; return {};
    case Json::value_t::boolean: out += value.get<bool>() ? "true" : "false"; return {};
    case Json::value_t::string: {
      const auto& text = value.get_ref<const std::string&>();
      if (!is_valid_utf8(text)) return fail(ErrorCode::kBadInput, "a JSON string is not valid UTF-8");
      append_string(out, text);
      return {};
    }
    case Json::value_t::number_integer: {
      const auto number = value.get<std::int64_t>();
      if (number > kLargestInteger || number < -kLargestInteger) {
        return fail(ErrorCode::kBadInput, "the integer " + std::to_string(number) + " is beyond 2^53, which JSON numbers hold exactly",
                    "write it as a string");
      }
      out += std::to_string(number);
      return {};
    }
    case Json::value_t::number_unsigned: {
      const auto number = value.get<std::uint64_t>();
      if (number > static_cast<std::uint64_t>(kLargestInteger)) {
        return fail(ErrorCode::kBadInput, "the integer " + std::to_string(number) + " is beyond 2^53, which JSON numbers hold exactly",
                    "write it as a string");
      }
      out += std::to_string(number);
      return {};
    }
    case Json::value_t::number_float: {
      const auto number = value.get<double>();
      if (!std::isfinite(number)) return fail(ErrorCode::kBadInput, "JSON has no infinite or undefined numbers");
      out += number_text(number);
      return {};
    }
    case Json::value_t::object: return append_object(out, value);
    case Json::value_t::array: return append_array(out, value);
    case Json::value_t::binary:
    case Json::value_t::discarded: break;
  }
  return fail(ErrorCode::kBadInput, "a value has no form in JSON");
}

// Builds the value while it looks for what nlohmann's own parser lets pass.
class StrictBuilder final : public nlohmann::json_sax<Json> {
 public:
  explicit StrictBuilder(int max_depth) : max_depth_(max_depth) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override {
    if (value >= -kLargestInteger && value <= kLargestInteger) return add(value);
    return add_large_integer(value);
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= static_cast<std::uint64_t>(kLargestInteger)) return add(value);
    return add_large_integer(value);
  }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return refuse("binary values are not JSON"); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    Json& object = *stack_.back();
    if (object.contains(value)) return refuse("the key \"" + value + "\" occurs twice in one object");
    member_ = &object[std::move(value)];
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    if (message_.empty()) message_ = "byte " + std::to_string(position) + ": " + plain(error.what());
    return false;
  }

  const std::string& message() const { return message_; }
  Json take() { return std::move(root_); }

 private:
  // "[json.exception.parse_error.101] parse error at line 1, column 2: x" -> "parse error ...: x".
  static std::string plain(std::string_view what) {
    if (what.starts_with('[')) {
      const std::size_t end = what.find("] ");
      if (end != std::string_view::npos) what.remove_prefix(end + 2);
    }
    return std::string(what);
  }

  // A double prints as an integer from 2^53 to 1e21: such a literal is read as that double again, so
  // that canonical text stays canonical. Other large integers keep their exact value.
  template <class Integer>
  bool add_large_integer(Integer value) {
    const auto as_double = static_cast<double>(value);
    if (number_text(as_double) == std::to_string(value)) return add(as_double);
    return add(value);
  }

  template <class Value>
  Json* place(Value&& value) {
    if (stack_.empty()) {
      root_ = Json(std::forward<Value>(value));
      return &root_;
    }
    if (stack_.back()->is_array()) {
      stack_.back()->push_back(Json(std::forward<Value>(value)));
      return &stack_.back()->back();
    }
    *member_ = Json(std::forward<Value>(value));
    return member_;
  }
  template <class Value>
  bool add(Value&& value) {
    place(std::forward<Value>(value));
    return true;
  }
  bool open(Json&& container) {
    if (static_cast<int>(stack_.size()) >= max_depth_) {
      return refuse("nested more than " + std::to_string(max_depth_) + " levels deep");
    }
    stack_.push_back(place(std::move(container)));
    return true;
  }
  bool close() {
    stack_.pop_back();
    return true;
  }
  bool refuse(std::string message) {
    if (message_.empty()) message_ = std::move(message);
    return false;
  }

  int max_depth_;
  Json root_;
  std::vector<Json*> stack_;  // the open containers; std::map and the last vector element stay put
  Json* member_ = nullptr;    // where the value of the key just read goes
  std::string message_;
};

}  // namespace

Result<std::string> canonical_json(const Json& value) {
  std::string out;
  GROUNDS_RETURN_IF_ERROR(append_value(out, value));
  return out;
}

Result<Json> parse_json(std::string_view text, int max_depth) {
  // nlohmann's lexer takes a zero byte for the end of the input and skips a byte order mark.
  if (text.find('\0') != std::string_view::npos) return fail(ErrorCode::kBadInput, "not JSON: it contains a zero byte");
  if (text.starts_with("\xEF\xBB\xBF")) return fail(ErrorCode::kBadInput, "not JSON: it starts with a byte order mark");
  try {
    StrictBuilder builder(max_depth);
    if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
      return fail(ErrorCode::kBadInput, "not valid JSON: " + replace_invalid_utf8(builder.message()));
    }
    return builder.take();
  } catch (const std::exception& error) {
    return fail(ErrorCode::kBadInput, std::string("not valid JSON: ") + error.what());
  }
}

}  // namespace grounds
