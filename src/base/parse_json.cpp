#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#include "base/canonical_json.h"
#include "base/json_number.h"
#include "base/utf8.h"

namespace grounds {
namespace {

// Builds the value while it looks for what nlohmann's own parser lets pass.
class StrictBuilder final : public nlohmann::json_sax<Json> {
 public:
  explicit StrictBuilder(int max_depth) : max_depth_(max_depth) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override {
    if (value >= -kLargestJsonInteger && value <= kLargestJsonInteger) return add(value);
    return add_large_integer(value);
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= static_cast<std::uint64_t>(kLargestJsonInteger)) return add(value);
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
    auto& object = stack_.back()->get_ref<Json::object_t&>();
    const auto [member, is_new] = object.try_emplace(std::move(value));
    if (!is_new) return refuse("the key \"" + member->first + "\" occurs twice in one object");
    member_ = &member->second;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    if (message_.empty())
      message_ = "byte " + std::to_string(position) + ": " + plain(error.what());
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

  // A double prints as an integer from 2^53 to 1e21: such a literal is read as that double again,
  // so that canonical text stays canonical. Other large integers keep their exact value.
  template <class Integer>
  bool add_large_integer(Integer value) {
    const auto as_double = static_cast<double>(value);
    if (json_number_text(as_double) == std::to_string(value)) return add(as_double);
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

Result<Json> parse_json(std::string_view text, int max_depth) {
  // nlohmann's lexer takes a zero byte for the end of the input and skips a byte order mark.
  if (text.find('\0') != std::string_view::npos)
    return fail(ErrorCode::kBadInput, "not JSON: it contains a zero byte");
  if (text.starts_with("\xEF\xBB\xBF"))
    return fail(ErrorCode::kBadInput, "not JSON: it starts with a byte order mark");
  try {
    StrictBuilder builder(max_depth);
    if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
      return fail(ErrorCode::kBadInput,
                  "not valid JSON: " + replace_invalid_utf8(builder.message()));
    }
    return builder.take();
  } catch (const std::exception& error) {
    return fail(ErrorCode::kBadInput, std::string("not valid JSON: ") + error.what());
  }
}

}  // namespace grounds
