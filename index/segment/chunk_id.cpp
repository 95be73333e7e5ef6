#include "index/segment/chunk_id.h"

#include <algorithm>

#include "base/hash.h"

namespace grounds {

std::string ChunkId::hex() const { return to_hex(bytes); }

Result<ChunkId> ChunkId::from_hex(std::string_view hex) {
  ChunkId id;
  GROUNDS_ASSIGN_OR_RETURN(const std::string raw, grounds::from_hex(hex));
  if (raw.size() != id.bytes.size()) {
    return fail(ErrorCode::kBadInput, "a chunk id has 32 hexadecimal digits, this has " + std::to_string(hex.size()));
  }
  std::transform(raw.begin(), raw.end(), id.bytes.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return id;
}

ChunkId make_chunk_id(std::string_view uri, std::string_view source_sha256, std::string_view identity,
                      std::uint64_t begin, std::uint64_t end) {
  Sha256 hash;
  hash.field(uri).field(source_sha256).field(identity).field(begin).field(end);
  const Sha256Digest digest = hash.finish();
  ChunkId id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

}  // namespace grounds
