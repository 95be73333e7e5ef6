#include "engine/timestamp.h"

#include <openssl/evp.h>

#include <algorithm>
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

Result<std::string> ask_authority(std::vector<std::string> command, const std::string& digest) {
  const std::string name = command.front();
  command.push_back(digest);
  auto output = run_command(command, "", kTimeout, kMostBytes);
  if (!output) return fail(ErrorCode::kUnavailable, "no time stamp: " + output.error().message, kHint);
  const std::string said = replace_invalid_utf8(trim(output->error));
  if (output->exit_code != 0)
    return fail(ErrorCode::kUnavailable,
                "no time stamp: " + name + " ended with " + std::to_string(output->exit_code) +
                    (said.empty() ? "" : ": " + said.substr(0, floor_boundary(said, std::min<std::size_t>(said.size(), 300)))),
                kHint);
  if (output->out.empty()) return fail(ErrorCode::kUnavailable, "no time stamp: " + name + " wrote nothing", kHint);
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
