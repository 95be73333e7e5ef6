#include "embedding/canary.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/hash.h"
#include "embedding/encoder.h"

namespace grounds {
namespace {

constexpr std::string_view kServed = "codes:";
constexpr std::size_t kKeptCodes = 128;

// The codes of each text; empty if it is no canary of a served model.
std::vector<std::vector<float>> served_codes(std::string_view canary) {
  if (!canary.starts_with(kServed)) return {};
  canary.remove_prefix(kServed.size());
  std::vector<std::vector<float>> texts;
  while (!canary.empty()) {
    const std::size_t comma = std::min(canary.find(','), canary.size());
    const auto bytes = from_hex(canary.substr(0, comma));
    if (!bytes) return {};
    std::vector<float>& codes = texts.emplace_back();
    for (const char byte : *bytes) codes.push_back(static_cast<float>(static_cast<std::int8_t>(byte)));
    canary.remove_prefix(std::min(comma + 1, canary.size()));
  }
  return texts;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return 0;
  double product = 0, a_squares = 0, b_squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    product += x * y;
    a_squares += x * x;
    b_squares += y * y;
  }
  return a_squares > 0 && b_squares > 0 ? product / std::sqrt(a_squares * b_squares) : 0;
}

}  // namespace

std::string canary_of_codes(std::span<const std::vector<float>> vectors, double code_scale) {
  Sha256 hash;
  for (const std::vector<float>& vector : vectors) {
    const auto codes = quantize(vector, code_scale);
    hash.update(std::as_bytes(std::span(codes)));
  }
  return to_hex(hash.finish());
}

std::string canary_of_served(std::span<const std::vector<float>> vectors, double code_scale) {
  std::string canary(kServed);
  for (const std::vector<float>& vector : vectors) {
    auto codes = quantize(vector, code_scale);
    codes.resize(std::min(codes.size(), kKeptCodes));
    if (!canary.ends_with(':')) canary += ',';
    canary += to_hex({reinterpret_cast<const std::uint8_t*>(codes.data()), codes.size()});
  }
  return canary;
}

CanaryVerdict compare_canaries(std::string_view recorded, std::string_view now) {
  if (recorded.empty() || now.empty()) return CanaryVerdict::kUnknown;
  if (recorded == now) return CanaryVerdict::kSame;
  const bool served = recorded.starts_with(kServed);
  if (served != now.starts_with(kServed)) return CanaryVerdict::kUnknown;
  if (!served) return CanaryVerdict::kDiffers;
  const auto before = served_codes(recorded), after = served_codes(now);
  // Another set of texts is of another version of this program.
  if (before.empty() || before.size() != after.size()) return CanaryVerdict::kUnknown;
  return lowest_cosine(before, after) >= kDriftCosine ? CanaryVerdict::kSame : CanaryVerdict::kDrifted;
}

double lowest_cosine(std::span<const std::vector<float>> a, std::span<const std::vector<float>> b) {
  if (a.size() != b.size()) return 0;
  double lowest = 1;
  for (std::size_t i = 0; i < a.size(); ++i) lowest = std::min(lowest, cosine(a[i], b[i]));
  return lowest;
}

}  // namespace grounds
