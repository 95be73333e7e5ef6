// The part of the tar format (POSIX ustar) that backups need: plain files, in order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "grounds/result.h"

namespace grounds {

inline constexpr std::size_t kTarBlock = 512;
using TarHeader = std::array<std::byte, kTarBlock>;

struct TarEntry {
  std::string name;          // at most 100 bytes
  std::uint64_t size = 0;
};

// Sizes from 8 GiB on are written in base 256, as GNU tar does.
TarHeader encode_tar_header(const TarEntry& entry);
// kBadInput for anything but a plain file with a right checksum.
Result<TarEntry> decode_tar_header(const TarHeader& header);
bool is_tar_end(const TarHeader& header);  // all zeros
inline std::uint64_t tar_padding(std::uint64_t size) { return (kTarBlock - size % kTarBlock) % kTarBlock; }

}  // namespace grounds
