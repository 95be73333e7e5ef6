#include "index/generation/decimal.h"

#include <charconv>

namespace grounds {
namespace {

constexpr std::size_t kMaxExponentDigits = 15;  // far from where adding to it overflows

// The digits at the front of `text`, taken off it.
std::string_view take_digits(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  const std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

bool take_any(std::string_view& text, std::string_view characters) {
  if (text.empty() || characters.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

bool take_sign(std::string_view& text) {
  const bool negative = !text.empty() && text.front() == '-';
  take_any(text, "+-");
  return negative;
}

std::optional<std::int64_t> take_exponent(std::string_view& text) {
  if (!take_any(text, "eE")) return 0;
  const bool negative = take_sign(text);
  const std::string_view digits = take_digits(text);
  if (digits.empty() || digits.size() > kMaxExponentDigits) return std::nullopt;
  std::int64_t exponent = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  return negative ? -exponent : exponent;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  Decimal number;
  number.negative_ = take_sign(text);
  const std::string_view whole = take_digits(text);
  const std::string_view fraction = take_any(text, ".") ? take_digits(text) : std::string_view();
  if (whole.empty() && fraction.empty()) return std::nullopt;
  const std::optional<std::int64_t> exponent = take_exponent(text);
  if (!exponent || !text.empty()) return std::nullopt;
  std::string digits = std::string(whole) + std::string(fraction);
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return Decimal();  // zero, of either sign
  digits.erase(digits.find_last_not_of('0') + 1);
  number.digits_ = digits.substr(first);
  number.exponent_ = *exponent + static_cast<std::int64_t>(whole.size()) - static_cast<std::int64_t>(first);
  return number;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  const auto sign = [](const Decimal& number) { return number.digits_.empty() ? 0 : number.negative_ ? -1 : 1; };
  if (sign(a) != sign(b)) return sign(a) <=> sign(b);
  const Decimal& small = a.negative_ ? b : a;  // of two negative numbers the longer one is the smaller
  const Decimal& large = a.negative_ ? a : b;
  if (small.exponent_ != large.exponent_) return small.exponent_ <=> large.exponent_;
  return small.digits_.compare(large.digits_) <=> 0;
}

}  // namespace grounds
