#include "ledger/export.h"

#include "base/utf8.h"
#include "ledger/reader.h"

namespace grounds {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxLines = 1000;

// {"name":{"salt","text"}} or {"name":{"erased":TIME}}; a text damaged by hand goes out as far as JSON
// can hold it, for the checker to find.
Result<std::string> texts_json(Statement& rows, std::int64_t sequence) {
  Json texts = Json::object();
  rows.bind(sequence);
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(const bool row, rows.step());
    if (!row) break;
    Json& text = texts[replace_invalid_utf8(rows.text_view(0))];
    text = Json::object();
    if (!rows.is_null(1)) text["erased"] = format_time(rows.integer(1));
    if (!rows.is_null(2)) text["salt"] = to_hex(rows.blob(2));
    if (!rows.is_null(3)) text["text"] = replace_invalid_utf8(rows.text_view(3));
  }
  rows.reset();
  return canonical_json(texts);
}

Result<std::string> quoted(std::string_view text) { return canonical_json(Json(replace_invalid_utf8(text))); }

}  // namespace

Result<std::vector<std::string>> read_lines(Database& database, std::int64_t& after, std::int64_t last, bool texts) {
  GROUNDS_ASSIGN_OR_RETURN(Statement rows,
                           database.prepare("SELECT " + std::string(kEntryColumns) +
                                            " FROM entries WHERE sequence > ? AND sequence <= ? ORDER BY sequence"));
  GROUNDS_ASSIGN_OR_RETURN(Statement text_rows, database.prepare("SELECT name, erased, salt, text FROM texts WHERE "
                                                                 "sequence = ? ORDER BY name"));
  std::vector<std::string> lines;
  std::size_t bytes = 0;
  rows.bind(after, last);
  while (lines.size() < kMaxLines && bytes < kMaxBytes) {
    GROUNDS_ASSIGN_OR_RETURN(const bool row, rows.step());
    if (!row) {
      after = last;
      break;
    }
    const EntryColumns columns = columns_of(rows);
    GROUNDS_ASSIGN_OR_RETURN(const std::string answer_id, quoted(columns.answer_id));
    GROUNDS_ASSIGN_OR_RETURN(const std::string hash, quoted(columns.hash));
    GROUNDS_ASSIGN_OR_RETURN(const std::string hash_alg, quoted(columns.hash_alg));
    GROUNDS_ASSIGN_OR_RETURN(const std::string kind, quoted(columns.kind));
    GROUNDS_ASSIGN_OR_RETURN(const std::string previous, quoted(columns.previous));
    std::string line = "{\"answer_id\":" + answer_id + ",\"body\":" + std::string(columns.body) +
                       ",\"commitments\":" + std::string(columns.commitments) + ",\"hash\":" + hash +
                       ",\"hash_alg\":" + hash_alg + ",\"kind\":" + kind + ",\"previous\":" + previous +
                       ",\"sequence\":" + std::to_string(columns.sequence);
    if (texts) {
      GROUNDS_ASSIGN_OR_RETURN(const std::string object, texts_json(text_rows, columns.sequence));
      line += ",\"texts\":" + object;
    }
    line += ",\"time\":" + std::to_string(columns.time) + "}";
    // A body broken by hand could break the line in two: JSON needs no raw line feed.
    for (char& c : line)
      if (c == '\n' || c == '\r') c = ' ';
    after = columns.sequence;
    bytes += line.size();
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace grounds
