// The bytes of an entry: what is hashed, what is committed to, and what may be put into one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "ledger/ledger.h"

namespace grounds {

inline constexpr std::string_view kHashAlgorithm = "sha256";
inline constexpr std::size_t kSaltBytes = 32;
// `previous` of the first entry, and the head of an empty ledger.
inline constexpr std::string_view kNoHash =
    "0000000000000000000000000000000000000000000000000000000000000000";

// SHA-256(salt || text), hex. Only for salts of exactly kSaltBytes: otherwise bytes could be moved
// between salt and text.
std::string text_commitment(std::span<const std::uint8_t> salt, std::string_view text);

struct PreparedText {
  std::string name;
  std::string text;
  std::array<std::uint8_t, kSaltBytes> salt;
  std::string commitment;
};

// An entry with all that does not depend on its place in the chain, worked out before any lock is taken.
struct PreparedEntry {
  std::string answer_id;
  EntryKind kind = EntryKind::kOpened;
  Json body;
  std::string body_bytes;          // canonical JSON of `body`
  std::string commitments_bytes;   // canonical JSON: {"name":"hex",...}
  std::vector<PreparedText> texts; // sorted by name

  std::size_t bytes() const;
};

// Checks the content (see EntryContent), draws salts, computes commitments. kBadInput, kUsage.
Result<PreparedEntry> prepare_entry(const std::string& answer_id, EntryKind kind, EntryContent content,
                                    RandomSource& random);

// The columns of a row of `entries`, as they stand in the file.
struct EntryColumns {
  std::int64_t sequence = 0;
  std::string_view answer_id, kind;
  std::int64_t time = 0;
  std::string_view hash_alg, previous, hash, commitments, body;
};

// The canonical JSON (RFC 8785) of the entry without `hash`: the columns, strung together in the
// order of their keys. Unambiguous only for columns without a column_defect().
std::string entry_bytes(const EntryColumns& columns);
std::string entry_hash(const EntryColumns& columns);

// What makes a column something that no entry holds ("answer_id is not a ULID"), or nothing.
std::optional<std::string> column_defect(const EntryColumns& columns);

// {"name":"hex",...} in canonical form, names ascending; nothing for any other text.
using Commitments = std::vector<std::pair<std::string_view, std::string_view>>;
std::optional<Commitments> parse_commitments(std::string_view text);

std::optional<EntryKind> parse_entry_kind(std::string_view name);
// 64 lower-case hex digits.
bool is_hash(std::string_view text);
bool is_text_name(std::string_view name);

// The row as the caller sees it. kDamaged if the body is not what canonical JSON can be.
Result<LedgerEntry> decode_entry(const EntryColumns& columns);

}  // namespace grounds
