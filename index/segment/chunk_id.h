// A chunk's identity: the first 128 bits of SHA-256(URI, source hash, parser and chunking identity,
// begin, end). Derived from content, never a sequence number; ties in any ranking go by it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "grounds/result.h"

namespace grounds {

// A numbered state of one collection. A chunk is live in G iff created <= G < retired.
using Generation = std::uint64_t;
inline constexpr Generation kNever = UINT64_MAX;

struct ChunkId {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const ChunkId&, const ChunkId&) = default;
  std::string hex() const;
  static Result<ChunkId> from_hex(std::string_view hex);
};

ChunkId make_chunk_id(std::string_view uri, std::string_view source_sha256, std::string_view identity,
                      std::uint64_t begin, std::uint64_t end);

}  // namespace grounds
