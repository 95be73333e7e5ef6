// Time stamps of somebody else for the heads of the ledger (RFC 3161), by a command that the administrator configures.
#pragma once

#include "base/canonical_json.h"
#include "engine/engine.h"
#include "ledger/signed_head.h"

namespace grounds {

// What a time stamp is of: SHA-256 (hex) of the canonical JSON of the signed head.
Result<std::string> timestamp_digest(const SignedHead& head);

// The head as JSON. With `ledger.timestamp_command` the command is run with the digest as its last argument; what it
// writes (the response of an authority, DER) is kept in the ledger's table `timestamps` and stands in the JSON as
// "timestamp", base64. Only a response that grants a stamp of this very digest is taken; the authority's signature is not
// checked. kUnavailable says what the command said; the head is signed and noted all the same.
Result<Json> stamped_head(Engine& engine, const SignedHead& head);

}  // namespace grounds
