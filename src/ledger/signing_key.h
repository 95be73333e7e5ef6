// The workspace's Ed25519 key: a PKCS#8 PEM file beside the ledger, readable by its owner alone.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/file_system.h"
#include "base/clock.h"
#include "ledger/signed_head.h"

namespace grounds {

class SigningKey {
 public:
  // Reads the file; kNotFound if there is none, kRefused if others than its owner may read it,
  // kDamaged if it holds no Ed25519 key.
  static Result<SigningKey> read(const FileSystem& file_system, const std::string& path);
  // Makes a key and writes the file, durably, with mode 0600 from its first byte on. The caller sees to
  // it that two processes do not do so at once.
  static Result<SigningKey> create(const FileSystem& file_system, const std::string& path, RandomSource& random);

  const std::string& public_key() const { return public_key_; }  // hex
  Result<SignedHead> sign(std::string head, std::int64_t records, UnixMillis time) const;

 private:
  struct Free {
    void operator()(void* key) const;
  };
  using Handle = std::unique_ptr<void, Free>;  // EVP_PKEY
  SigningKey(Handle key, std::string public_key) : key_(std::move(key)), public_key_(std::move(public_key)) {}
  static Result<SigningKey> from_handle(Handle key);

  Handle key_;
  std::string public_key_;
};

}  // namespace grounds
