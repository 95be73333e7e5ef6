#include "embedding/charsmap.h"

#include <cstring>

#include "embedding/base64.h"

namespace grounds {
namespace {

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
