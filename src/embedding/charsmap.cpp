#include "embedding/charsmap.h"

#include <cstring>

namespace grounds {
namespace {

// Standard base64 with padding (RFC 4648, section 4).
Result<std::string> decode_base64(std::string_view text) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return fail(ErrorCode::kBadInput, "not base64");
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  return bytes;
}

// The fields of a unit of the double array.
bool has_leaf(std::uint32_t unit) { return (unit >> 8 & 1) != 0; }
std::uint32_t value_of(std::uint32_t unit) { return unit & 0x7FFFFFFF; }
std::uint32_t label_of(std::uint32_t unit) { return unit & 0x800000FF; }
std::uint32_t offset_of(std::uint32_t unit) { return (unit >> 10) << ((unit & 0x200) >> 6); }

}  // namespace

Result<Charsmap> Charsmap::from_base64(std::string_view text) {
  const auto decoded = decode_base64(text);
  if (!decoded) return fail(Error(decoded.error()).in("precompiled_charsmap"));
  const std::string& bytes = *decoded;
  if (bytes.size() < 8) return fail(ErrorCode::kBadInput, "precompiled_charsmap is damaged");
  std::uint32_t size = 0;
  std::memcpy(&size, bytes.data(), 4);
  if ( size % 4 != 0 || size == 0 || size > bytes.size() - 4)
    return fail(ErrorCode::kBadInput, "precompiled_charsmap is damaged");
  Charsmap map;
  map.units_.resize(size / 4);
  std::memcpy(map.units_.data(), bytes.data() + 4, size);
  map.replacements_ = bytes.substr(4 + size);
  return map;
}

std::optional<std::string_view> Charsmap::replacement(std::string_view stretch) const {
  std::uint32_t at = offset_of(units_[0]);
  for (const char c : stretch) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte == 0) return {};
    at ^= byte;
    if (at >= units_.size() || label_of(units_[at]) != byte) return {};
    const std::uint32_t unit = units_[at];
    at ^= offset_of(unit);
    if (at >= units_.size()) return {};
    if (!has_leaf(unit)) continue;
    const std::uint32_t begin = value_of(units_[at]);
    if (begin >= replacements_.size()) return {};
    return std::string_view(replacements_).substr(begin, replacements_.find('\0', begin) - begin);
  }
  return {};
}

}  // namespace grounds
