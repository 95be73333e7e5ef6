#include "base/hash.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include <new>

namespace grounds {

struct Sha256::State {
  State() : context(EVP_MD_CTX_new()) {
    // Both fail only when memory is out or OpenSSL has no SHA-256, which no caller can mend.
    if (context == nullptr || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1)
      throw std::bad_alloc();
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  EVP_MD_CTX* context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;

Sha256& Sha256::update(std::span<const std::byte> data) {
  EVP_DigestUpdate(state_->context, data.data(), data.size());
  return *this;
}

Sha256& Sha256::update(std::string_view data) {
  EVP_DigestUpdate(state_->context, data.data(), data.size());
  return *this;
}

Sha256& Sha256::field(std::string_view data) {
  field(static_cast<std::uint64_t>(data.size()));
  return update(data);
}

Sha256& Sha256::field(std::uint64_t value) {
  std::array<std::byte, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(value >> (8 * i));
  return update(std::span<const std::byte>(bytes));
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest{};
  unsigned length = 0;
  EVP_DigestFinal_ex(state_->context, digest.data(), &length);
  return digest;
}

Sha256Digest sha256(std::string_view data) {
  return Sha256().update(data).finish();
}

std::string sha256_hex(std::string_view data) {
  return to_hex(sha256(data));
}

std::uint64_t xxh3(std::span<const std::byte> data) {
  return XXH3_64bits(data.data(), data.size());
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

namespace {

int hex_digit(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  return -1;
}

}  // namespace

Result<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0)
    return fail(ErrorCode::kBadInput, "a hexadecimal string has an odd number of digits");
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_digit(hex[i]);
    const int low = hex_digit(hex[i + 1]);
    if (high < 0 || low < 0)
      return fail(ErrorCode::kBadInput, "a hexadecimal string has a character that is no digit");
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

}  // namespace grounds
