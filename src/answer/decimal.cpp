#include "answer/decimal.h"

#include <algorithm>

namespace grounds {
namespace {

constexpr std::uint64_t kLargest = 9'999'999'999'999'999'999ULL;  // 19 digits

Decimal normal(std::uint64_t mantissa, int exponent) {
  if (mantissa == 0) return {};
  while (mantissa % 10 == 0) mantissa /= 10, ++exponent;
  return {mantissa, exponent};
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view digits) {
  std::uint64_t mantissa = 0;
  int exponent = 0, trailing = 0;
  bool point = false;
  for (const char c : digits) {
    if (c == '.') {
      if (point) return std::nullopt;
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    // Zeros are put off, so that 1.500000 fits as long as 1.5 does.
    if (c == '0' && mantissa != 0) {
      ++trailing;
    } else if (c != '0') {
      for (; trailing > 0; --trailing) {
        if (mantissa > kLargest / 10) return std::nullopt;
        mantissa *= 10;
      }
      if (mantissa > (kLargest - static_cast<std::uint64_t>(c - '0')) / 10) return std::nullopt;
      mantissa = mantissa * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (point) --exponent;
  }
  if (digits.empty() || digits == ".") return std::nullopt;
  return normal(mantissa, exponent + trailing);
}

Decimal scale(Decimal value, int power_of_ten) {
  if (value.mantissa != 0) value.exponent += power_of_ten;
  return value;
}

std::optional<Decimal> add(const Decimal& a, const Decimal& b) {
  if (a.mantissa == 0) return b;
  if (b.mantissa == 0) return a;
  const int exponent = std::min(a.exponent, b.exponent);
  const auto aligned = [exponent](Decimal value) -> std::optional<std::uint64_t> {
    for (; value.exponent > exponent; --value.exponent) {
      if (value.mantissa > kLargest / 10) return std::nullopt;
      value.mantissa *= 10;
    }
    return value.mantissa;
  };
  const auto x = aligned(a), y = aligned(b);
  if (!x || !y || *x > kLargest - *y) return std::nullopt;
  return normal(*x + *y, exponent);
}

std::string format_decimal(const Decimal& value) {
  std::string digits = std::to_string(value.mantissa);
  if (value.exponent >= 0) return digits + std::string(static_cast<std::size_t>(value.exponent), '0');
  const auto decimals = static_cast<std::size_t>(-value.exponent);
  if (digits.size() <= decimals) digits.insert(std::size_t{0}, decimals + 1 - digits.size(), '0');
  digits.insert(digits.size() - decimals, 1, '.');
  return digits;
}

bool less(const Decimal& a, const Decimal& b) {
  if (a.mantissa == 0 || b.mantissa == 0) return a.mantissa == 0 && b.mantissa != 0;
  std::string x = std::to_string(a.mantissa), y = std::to_string(b.mantissa);
  const int x_top = static_cast<int>(x.size()) + a.exponent, y_top = static_cast<int>(y.size()) + b.exponent;
  if (x_top != y_top) return x_top < y_top;
  x.resize(20, '0'), y.resize(20, '0');
  return x < y;
}

}  // namespace grounds
