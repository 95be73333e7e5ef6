// The head of the chain, signed (Ed25519, RFC 8032), in the form that leaves the machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/canonical_json.h"
#include "base/clock.h"
#include "grounds/result.h"

namespace grounds {

struct SignedHead {
  std::string head;                    // hash of the last record, hex
  std::int64_t records = 0;            // how many records it covers
  UnixMillis time = 0;                 // when it was signed
  std::string signature;               // hex, 64 bytes, over signed_bytes()
  std::string key;                     // public key, hex, 32 bytes
  friend bool operator==(const SignedHead&, const SignedHead&) = default;
};

// {"head","key","records","signature","time"}, time as RFC 3339.
Json signed_head_json(const SignedHead& head);
// Reads that object and checks the signature against the key inside it. kBadInput.
Result<SignedHead> parse_signed_head(std::string_view text);
// What is signed: the canonical JSON of the object without "signature".
Result<std::string> signed_bytes(const SignedHead& head);
// True if the signature is that of `head.key` over these values.
bool signature_holds(const SignedHead& head);

}  // namespace grounds
