#include "ledger/entry_codec.h"

#include <algorithm>

#include "base/utf8.h"
#include "ledger/json_scan.h"

namespace grounds {
namespace {

constexpr std::size_t kMaxTextBytes = std::size_t{256} << 20;
constexpr std::size_t kMaxBodyBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxNameBytes = 100;

std::string write_commitments(const std::vector<PreparedText>& texts) {
  std::string bytes(1, '{');
  for (const PreparedText& text : texts) {  // names need no escapes: is_text_name
    if (bytes.size() > 1) bytes += ',';
    bytes.append(1, '"').append(text.name).append(R"(":")").append(text.commitment).append(1, '"');
  }
  return bytes.append(1, '}');
}

std::string in_quotes(std::string_view text) {
  return std::string(1, '\'').append(replace_invalid_utf8(text)).append(1, '\'');
}

Result<std::vector<PreparedText>> prepare_texts(std::map<std::string, std::string> texts,
                                                RandomSource& random) {
  std::vector<std::byte> salts(texts.size() * kSaltBytes);
  random.fill(salts);
  std::vector<PreparedText> prepared;
  prepared.reserve(texts.size());
  for (auto& [name, text] : texts) {
    if (!is_text_name(name))
      return fail(ErrorCode::kUsage, in_quotes(name) + " is not a name for a text of a record",
                  "use 1 to 100 letters, digits and _ . : / -");
    if (text.size() > kMaxTextBytes)
      return fail(ErrorCode::kBadInput, "text '" + name + "' is larger than 256 MiB");
    if (!is_valid_utf8(text))
      return fail(ErrorCode::kBadInput, "text '" + name + "' is not valid UTF-8",
                  "replace or encode the invalid bytes before recording");
    PreparedText item{name, std::move(text), {}, {}};
    for (std::size_t i = 0; i < kSaltBytes; ++i)
      item.salt[i] = std::to_integer<std::uint8_t>(salts[prepared.size() * kSaltBytes + i]);
    item.commitment = text_commitment(item.salt, item.text);
    prepared.push_back(std::move(item));
  }
  return prepared;
}

}  // namespace

std::string_view entry_kind_name(EntryKind kind) {
  switch (kind) {
    case EntryKind::kOpened: return "opened";
    case EntryKind::kClosed: return "closed";
    case EntryKind::kErased: return "erased";
  }
  return "opened";
}

std::optional<EntryKind> parse_entry_kind(std::string_view name) {
  for (const EntryKind kind : {EntryKind::kOpened, EntryKind::kClosed, EntryKind::kErased})
    if (name == entry_kind_name(kind)) return kind;
  return std::nullopt;
}

bool is_hash(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool is_text_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.:/-").find(c) != std::string_view::npos;
  });
}

std::string text_commitment(std::span<const std::uint8_t> salt, std::string_view text) {
  Sha256 hash;
  hash.update(std::as_bytes(salt));
  hash.update(text);
  return to_hex(hash.finish());
}

std::size_t PreparedEntry::bytes() const {
  std::size_t total = body_bytes.size() + commitments_bytes.size();
  for (const PreparedText& text : texts) total += text.text.size();
  return total;
}

Result<PreparedEntry> prepare_entry(const std::string& answer_id, EntryKind kind, EntryContent content,
                                    RandomSource& random) {
  if (!is_ulid(answer_id))
    return fail(ErrorCode::kUsage, in_quotes(answer_id) + " is not an answer id",
                "answer ids are 26-character ULIDs");
  if (!content.body.is_object()) return fail(ErrorCode::kBadInput, "the body of a record must be a JSON object");
  PreparedEntry entry;
  entry.answer_id = answer_id;
  entry.kind = kind;
  GROUNDS_ASSIGN_OR_RETURN(entry.body_bytes, canonical_json(content.body));
  if (entry.body_bytes.size() > kMaxBodyBytes)
    return fail(ErrorCode::kBadInput, "the body of a record is larger than 64 MiB");
  if (!is_json_object(entry.body_bytes))
    return fail(ErrorCode::kBadInput, "the body of a record is nested deeper than 64 levels");
  GROUNDS_ASSIGN_OR_RETURN(entry.texts, prepare_texts(std::move(content.texts), random));
  entry.commitments_bytes = write_commitments(entry.texts);
  entry.body = std::move(content.body);
  return entry;
}

std::string entry_bytes(const EntryColumns& columns) {
  std::string bytes;
  bytes.reserve(columns.body.size() + columns.commitments.size() + 256);
  bytes.append(R"({"answer_id":")").append(columns.answer_id);
  bytes.append(R"(","body":)").append(columns.body);
  bytes.append(R"(,"commitments":)").append(columns.commitments);
  bytes.append(R"(,"hash_alg":")").append(columns.hash_alg);
  bytes.append(R"(","kind":")").append(columns.kind);
  bytes.append(R"(","previous":")").append(columns.previous);
  bytes.append(R"(","sequence":)").append(std::to_string(columns.sequence));
  bytes.append(R"(,"time":)").append(std::to_string(columns.time)).append("}");
  return bytes;
}

std::string entry_hash(const EntryColumns& columns) { return sha256_hex(entry_bytes(columns)); }

std::optional<std::string> column_defect(const EntryColumns& columns) {
  if (columns.sequence < 1) return "sequence is below 1";
  if (!is_ulid(columns.answer_id)) return "answer_id is not a ULID";
  if (!parse_entry_kind(columns.kind)) return "kind is none of opened, closed, erased";
  if (columns.hash_alg != kHashAlgorithm) return "hash_alg is not sha256";
  if (!is_hash(columns.previous)) return "previous is not a SHA-256 hash in hex";
  if (!is_hash(columns.hash)) return "hash is not a SHA-256 hash in hex";
  if (!is_json_object(columns.body)) return "body is not a JSON object";
  if (!parse_commitments(columns.commitments)) return "commitments is not an object of hashes by name";
  return std::nullopt;
}

std::optional<Commitments> parse_commitments(std::string_view text) {
  Commitments commitments;
  if (text == "{}") return commitments;
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return std::nullopt;
  std::string_view rest = text.substr(1);  // "name":"hex", ... each ended by ',' or by the last '}'
  while (!rest.empty()) {
    const std::size_t close = rest.find('"', 1);
    if (rest.front() != '"' || close == std::string_view::npos) return std::nullopt;
    const std::string_view name = rest.substr(1, close - 1);
    rest.remove_prefix(close);
    if (rest.size() < 69 || rest.substr(0, 3) != "\":\"" || rest[67] != '"') return std::nullopt;
    const std::string_view hash = rest.substr(3, 64);
    if (rest[68] != (rest.size() == 69 ? '}' : ',')) return std::nullopt;
    rest.remove_prefix(69);
    if (!is_text_name(name) || !is_hash(hash)) return std::nullopt;
    if (!commitments.empty() && commitments.back().first >= name) return std::nullopt;
    commitments.emplace_back(name, hash);
  }
  return commitments;
}

Result<LedgerEntry> decode_entry(const EntryColumns& columns) {
  const std::string where = "record " + std::to_string(columns.sequence) + " of the ledger";
  const std::string hint = "run 'grounds verify'; restore the ledger from a backup if it was damaged";
  const auto kind = parse_entry_kind(columns.kind);
  const auto commitments = parse_commitments(columns.commitments);
  if (!kind || !commitments) return fail(ErrorCode::kDamaged, where + " cannot be read", hint);
  auto body = parse_json(columns.body);
  if (!body || !body->is_object())
    return fail(ErrorCode::kDamaged, where + " has a body that is not a JSON object", hint);
  LedgerEntry entry;
  entry.sequence = columns.sequence;
  entry.answer_id = std::string(columns.answer_id);
  entry.kind = *kind;
  entry.time = columns.time;
  entry.body = std::move(*body);
  for (const auto& [name, hash] : *commitments) entry.commitments.emplace(name, hash);
  entry.hash = std::string(columns.hash);
  entry.previous = std::string(columns.previous);
  return entry;
}

}  // namespace grounds
