// Files checked against the hash they should have.
#pragma once

#include <cstdint>
#include <string>

#include "base/file_system.h"
#include "grounds/result.h"

namespace grounds {

inline constexpr std::uint64_t kLargestModelFile = 8ull << 30, kLargestTokenizerFile = 64ull << 20;

// The SHA-256 of a file in hexadecimal; kDamaged if `expected` is given and another, kBadInput if the
// file is larger than `limit`. Reads it in blocks.
Result<std::string> check_file(const FileSystem& files, const std::string& path, const std::string& expected,
                               std::uint64_t limit);

}  // namespace grounds
