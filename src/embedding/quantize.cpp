#include <algorithm>
#include <cmath>

#include "embedding/encoder.h"

namespace grounds {

std::vector<std::int8_t> quantize(std::span<const float> vector, double scale, std::uint64_t* saturated) {
  std::vector<std::int8_t> codes(vector.size());
  std::uint64_t clamped = 0;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    const double scaled = scale * static_cast<double>(vector[i]);
    const double kept = std::clamp(scaled, -127.0, 127.0);
    clamped += kept != scaled;
    // The default rounding mode is half to even; nothing in this program changes it.
    codes[i] = static_cast<std::int8_t>(std::nearbyint(kept));
  }
  if (saturated) *saturated += clamped;
  return codes;
}

}  // namespace grounds
