#include "engine/timestamp.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ts.h>

#include <algorithm>
#include <memory>
#include <span>

#include "base/hash.h"
#include "base/run_command.h"
#include "base/utf8.h"
#include "engine/ledger_settings.h"

namespace grounds {
namespace {

constexpr std::chrono::seconds kTimeout{60};
constexpr std::size_t kMostBytes = 1 << 20;
constexpr const char* kHint =
    "the head is signed and noted, without a time stamp; see ledger.timestamp_command in docs/operations.md";

std::string to_base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return out;
}

struct FreeResponse {
  void operator()(TS_RESP* response) const { TS_RESP_free(response); }
};

bool is_sha256(TS_MSG_IMPRINT& imprint) {
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, TS_MSG_IMPRINT_get_algo(&imprint));
  return OBJ_obj2nid(algorithm) == NID_sha256;
}

// What keeps the bytes from being the response of an authority that stamped this digest (SHA-256, hex); "" if nothing does.
// Its signature is for whoever holds the authority's certificate to check.
std::string defect_of(std::string_view bytes, const std::string& digest) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const unsigned char* const end = at + bytes.size();
  const std::unique_ptr<TS_RESP, FreeResponse> response(d2i_TS_RESP(nullptr, &at, static_cast<long>(bytes.size())));
  if (response == nullptr || at != end) return "it is no RFC 3161 response in DER";
  const long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response.get())));
  if (status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS) return "its status is " + std::to_string(status);
  TS_TST_INFO* const stamped = TS_RESP_get_tst_info(response.get());
  TS_MSG_IMPRINT* const imprint = stamped == nullptr ? nullptr : TS_TST_INFO_get_msg_imprint(stamped);
  if (imprint == nullptr) return "there is no stamp in it";
  const ASN1_OCTET_STRING* const hash = TS_MSG_IMPRINT_get_msg(imprint);
  const std::span<const unsigned char> octets(ASN1_STRING_get0_data(hash), static_cast<std::size_t>(ASN1_STRING_length(hash)));
  if (!is_sha256(*imprint) || to_hex(octets) != digest) return "it is of something else";
  return {};
}

Result<std::string> ask_authority(std::vector<std::string> command, const std::string& digest) {
  const std::string name = command.front();
  command.push_back(digest);
  auto output = run_command(command, kTimeout, kMostBytes);
  if (!output) return fail(ErrorCode::kUnavailable, "no time stamp: " + output.error().message, kHint);
  const std::string said = replace_invalid_utf8(trim(output->error));
  if (output->exit_code != 0)
    return fail(ErrorCode::kUnavailable,
                "no time stamp: " + name + " ended with " + std::to_string(output->exit_code) +
                    (said.empty() ? "" : ": " + said.substr(0, floor_boundary(said, std::min<std::size_t>(said.size(), 300)))),
                kHint);
  if (output->out.empty()) return fail(ErrorCode::kUnavailable, "no time stamp: " + name + " wrote nothing", kHint);
  if (const std::string defect = defect_of(output->out, digest); !defect.empty())
    return fail(ErrorCode::kUnavailable, "no time stamp: " + name + " gave no time stamp of this head: " + defect, kHint);
  return std::move(output->out);
}

// The table is made with the first stamp, so that a ledger of an earlier version needs no migration.
Status keep(Engine& engine, const SignedHead& head, const std::string& digest, std::string_view response) {
  const Workspace& workspace = engine.workspace();
  GROUNDS_ASSIGN_OR_RETURN(Database ledger, Database::open(workspace.file_system(), workspace.ledger_path(), DatabaseMode::kReadWrite));
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(ledger));
  GROUNDS_RETURN_IF_ERROR(ledger.execute(
      "CREATE TABLE IF NOT EXISTS timestamps (id INTEGER PRIMARY KEY, records INTEGER NOT NULL, head TEXT NOT NULL, "
      "signature TEXT NOT NULL, digest TEXT NOT NULL, response BLOB NOT NULL) STRICT"));
  GROUNDS_RETURN_IF_ERROR(ledger.run("INSERT INTO timestamps (records, head, signature, digest, response) VALUES (?, ?, ?, ?, ?)",
                                     head.records, head.head, head.signature, digest,
                                     std::as_bytes(std::span(response.data(), response.size()))));
  return transaction.commit();
}

}  // namespace

Result<std::string> timestamp_digest(const SignedHead& head) {
  GROUNDS_ASSIGN_OR_RETURN(const std::string bytes, canonical_json(signed_head_json(head)));
  return sha256_hex(bytes);
}

Result<Json> stamped_head(Engine& engine, const SignedHead& head) {
  Json json = signed_head_json(head);
  const Workspace& workspace = engine.workspace();
  GROUNDS_ASSIGN_OR_RETURN(const LedgerSettings settings, load_ledger_settings(workspace.file_system(), workspace.settings_path()));
  if (settings.timestamp_command.empty()) return json;
  GROUNDS_ASSIGN_OR_RETURN(const std::string digest, timestamp_digest(head));
  GROUNDS_ASSIGN_OR_RETURN(const std::string response, ask_authority(settings.timestamp_command, digest));
  GROUNDS_RETURN_IF_ERROR(keep(engine, head, digest, response));
  json["timestamp"] = to_base64(response);
  return json;
}

}  // namespace grounds
