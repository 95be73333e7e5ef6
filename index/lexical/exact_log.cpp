#include <bit>

#include "index/lexical/lexical_search.h"

namespace grounds {

double exact_log(double x) {
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2)); ln m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
  // The series has dropped below 2^-56 after the term in s^21.
  constexpr double kSqrt2 = 1.4142135623730951;
  constexpr double kLn2High = 0x1.62e42fefa38p-1;       // 42 bits, so that e * kLn2High is exact
  constexpr double kLn2Low = 0x1.ef35793c7673p-45;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m >= kSqrt2) {
    m = m / 2;
    ++exponent;
  }
  const double s = (m - 1) / (m + 1), square = s * s;
  double sum = 0;
  for (int n = 21; n >= 3; n -= 2) sum = (sum + 1.0 / n) * square;
  const double e = exponent;
  return e * kLn2High + (2 * s + (2 * s * sum + e * kLn2Low));
}

}  // namespace grounds
