#include "ledger/signed_head.h"

#include <openssl/evp.h>

#include <memory>

#include "base/hash.h"
#include "ledger/entry_codec.h"

namespace grounds {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

const unsigned char* bytes_of(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

bool holds(const std::string& message, const std::string& signature_hex, const std::string& key_hex) {
  const auto signature = from_hex(signature_hex);
  const auto key_bytes = from_hex(key_hex);
  if (!signature || !key_bytes || signature->size() != 64 || key_bytes->size() != 32) return false;
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*key_bytes), key_bytes->size()));
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  return key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(*signature), signature->size(), bytes_of(message), message.size()) ==
             1;
}

}  // namespace

Json signed_head_json(const SignedHead& head) {
  return {{"head", head.head},
          {"key", head.key},
          {"records", head.records},
          {"signature", head.signature},
          {"time", format_time(head.time)}};
}

Result<std::string> signed_bytes(const SignedHead& head) {
  Json object = signed_head_json(head);
  object.erase("signature");
  return canonical_json(object);
}

bool signature_holds(const SignedHead& head) {
  const auto message = signed_bytes(head);
  return message && holds(*message, head.signature, head.key);
}

Result<SignedHead> parse_signed_head(std::string_view text) {
  const auto bad = [](const std::string& why) {
    return fail(ErrorCode::kBadInput, "this is not a signed head: " + why,
                "give the JSON that 'grounds anchor' printed, or the last line of an export");
  };
  auto object = parse_json(text);
  if (!object) return bad(object.error().message);
  if (!object->is_object()) return bad("it is not a JSON object");
  for (const char* name : {"head", "signature", "key", "time"})
    if (!object->contains(name) || !(*object)[name].is_string()) return bad(std::string("'") + name + "' is missing");
  if (!object->contains("records") || !(*object)["records"].is_number_integer()) return bad("'records' is missing");
  SignedHead head;
  head.head = (*object)["head"].get<std::string>();
  head.records = (*object)["records"].get<std::int64_t>();
  head.signature = (*object)["signature"].get<std::string>();
  head.key = (*object)["key"].get<std::string>();
  if (!is_hash(head.head)) return bad("'head' is not a SHA-256 hash in hex");
  if (head.records < 0) return bad("'records' is negative");
  const auto time = parse_time((*object)["time"].get<std::string>());
  if (!time) return bad("'time' is not a time");
  head.time = *time;
  // Over the object as it came: fields that a later version adds are signed as well. A time stamp is of the signed head,
  // so that it came after.
  object->erase("signature");
  object->erase("timestamp");
  const auto message = canonical_json(*object);
  if (!message || !holds(*message, head.signature, head.key)) return bad("the signature does not fit");
  return head;
}

}  // namespace grounds
