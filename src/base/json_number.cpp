#include "base/json_number.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace grounds {

// ECMA-262, Number::toString(x, 10): the shortest digits that read back as x, laid out by the size
// of the exponent n, where x = 0.d1d2...dk * 10^n.
std::string json_number_text(double value) {
  if (value == 0) return "0";  // minus zero too
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific);
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
  if (-6 < n && n <= 0)
    return result + "0." + std::string(static_cast<std::size_t>(-n), '0') + digits;
  result += digits[0];
  if (k > 1) result += "." + digits.substr(1);
  result += n - 1 < 0 ? "e-" : "e+";
  return result + std::to_string(std::abs(n - 1));
}

}  // namespace grounds
