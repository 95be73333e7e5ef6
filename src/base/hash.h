// Hashes: SHA-256 (OpenSSL) for identities and commitments, XXH3 (libxxhash) for damage.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "grounds/result.h"

namespace grounds {

using Sha256Digest = std::array<std::uint8_t, 32>;

// Incremental SHA-256. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  Sha256& update(std::span<const std::byte> data);
  Sha256& update(std::string_view data);
  // A field of its own: its length as 8 bytes little-endian, then its bytes. Use for hashes over
  // several values, so that no two lists of values give the same bytes.
  Sha256& field(std::string_view data);
  Sha256& field(std::uint64_t value);
  Sha256Digest finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256Digest sha256(std::string_view data);
std::string sha256_hex(std::string_view data);
std::uint64_t xxh3(std::span<const std::byte> data);

std::string to_hex(std::span<const std::uint8_t> bytes);  // lower case
Result<std::string> from_hex(std::string_view hex);       // kBadInput

}  // namespace grounds
