#include "engine/tar.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace grounds {
namespace {

// Places of the fields in a header, and their widths.
constexpr std::size_t kName = 0, kNameBytes = 100, kMode = 100, kUser = 108, kGroup = 116, kSize = 124, kTime = 136,
                      kChecksum = 148, kType = 156, kMagic = 257;
constexpr std::string_view kUstar("ustar\00000", 8);
constexpr std::uint64_t kLargestOctal = 077777777777;

void put(TarHeader& header, std::size_t at, std::string_view text) {
  std::memcpy(header.data() + at, text.data(), text.size());
}

void put_octal(TarHeader& header, std::size_t at, int digits, std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(value));
  put(header, at, text);
}

// The sum of all bytes, the checksum's own counted as blanks.
std::uint64_t checksum(const TarHeader& header) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < header.size(); ++i)
    sum += i >= kChecksum && i < kChecksum + 8 ? ' ' : std::to_integer<std::uint64_t>(header[i]);
  return sum;
}

// Octal digits up to a blank or a zero byte.
bool read_octal(const TarHeader& header, std::size_t at, std::size_t width, std::uint64_t& value) {
  value = 0;
  for (std::size_t i = at; i < at + width; ++i) {
    const char c = static_cast<char>(header[i]);
    if (c == '\0' || c == ' ') return i > at;
    if (c < '0' || c > '7') return false;
    value = value * 8 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

}  // namespace

TarHeader encode_tar_header(const TarEntry& entry) {
  TarHeader header{};
  put(header, kName, std::string_view(entry.name).substr(0, kNameBytes));
  put_octal(header, kMode, 7, 0600);
  put_octal(header, kUser, 7, 0);
  put_octal(header, kGroup, 7, 0);
  if (entry.size <= kLargestOctal) {
    put_octal(header, kSize, 11, entry.size);
  } else {
    header[kSize] = std::byte{0x80};
    for (std::size_t i = 0; i < 8; ++i) header[kSize + 11 - i] = static_cast<std::byte>(entry.size >> (8 * i));
  }
  put_octal(header, kTime, 11, 0);
  header[kType] = static_cast<std::byte>('0');
  put(header, kMagic, kUstar);
  put_octal(header, kChecksum, 6, checksum(header));
  header[kChecksum + 7] = static_cast<std::byte>(' ');
  return header;
}

Result<TarEntry> decode_tar_header(const TarHeader& header) {
  std::uint64_t sum = 0;
  if (!read_octal(header, kChecksum, 8, sum) || sum != checksum(header) || header[kType] != static_cast<std::byte>('0') ||
      std::memcmp(header.data() + kMagic, kUstar.data(), 5) != 0)
    return fail(ErrorCode::kBadInput, "not a backup of grounds, or a damaged one");
  TarEntry entry;
  const char* name = reinterpret_cast<const char*>(header.data() + kName);
  entry.name.assign(name, std::find(name, name + kNameBytes, '\0'));
  if (header[kSize] == std::byte{0x80}) {
    for (std::size_t i = 4; i < 12; ++i) entry.size = entry.size << 8 | std::to_integer<std::uint64_t>(header[kSize + i]);
  } else if (!read_octal(header, kSize, 12, entry.size)) {
    return fail(ErrorCode::kBadInput, "a damaged backup: a file without a size");
  }
  return entry;
}

bool is_tar_end(const TarHeader& header) {
  return std::ranges::all_of(header, [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace grounds
