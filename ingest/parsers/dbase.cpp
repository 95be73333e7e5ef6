// dBASE tables (.dbf, versions III to VII and FoxPro): one table with its field names as header.
#include <algorithm>

#include "base/utf8.h"
#include "ingest/parsers/encoding.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/limits.h"

namespace grounds::parsing {
namespace {

constexpr std::size_t kHeaderSize = 32, kFieldSize = 32, kMaxFields = 2'048;

std::uint32_t number_at(std::string_view bytes, std::size_t at, int size) {
  std::uint32_t value = 0;
  for (int i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
  return value;
}

struct Field {
  std::string name;
  char type;
  std::size_t size;
};

// "20260112" of a date field to "2026-01-12".
std::string shown(std::string text, char type) {
  text = trim(text);
  const bool is_date = type == 'D' && text.size() == 8 && text.find_first_not_of("0123456789") == std::string::npos;
  return is_date ? text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6) : text;
}

}  // namespace

Result<Extract> parse_dbase(std::string_view bytes, ParseContext&) {
  const auto damaged = [] { return fail(ErrorCode::kBadInput, "the dBASE table is damaged or cut off"); };
  if (bytes.size() < kHeaderSize) return damaged();
  const std::size_t header_size = number_at(bytes, 8, 2), record_size = number_at(bytes, 10, 2);
  if (header_size < kHeaderSize + 1 || header_size > bytes.size() || record_size < 2) return damaged();
  std::vector<Field> fields;
  for (std::size_t at = kHeaderSize; at + kFieldSize <= header_size && bytes[at] != '\r' && fields.size() < kMaxFields; at += kFieldSize) {
    const std::string_view name = bytes.substr(at, 11);
    fields.push_back({std::string(name.substr(0, name.find('\0'))), bytes[at + 11], static_cast<unsigned char>(bytes[at + 16])});
  }
  if (fields.empty()) return damaged();
  // All texts are decoded together, a cell a line: few bytes say little about their encoding.
  std::string all;
  for (const Field& field : fields) all.append(field.name).append("\n");
  std::size_t rows = 0;
  for (std::size_t at = header_size; at + record_size <= bytes.size() && bytes[at] != '\x1A'; at += record_size) {
    if (bytes[at] == '*') continue;  // deleted
    if (++rows * fields.size() > kMaxTableCells) return fail(ErrorCode::kBadInput, "the table has more cells than are read");
    std::size_t begin = at + 1;
    for (const Field& field : fields) {
      // Fields that say they are longer than the record end with it.
      const std::size_t from = std::min(begin, at + record_size);
      std::string cell(bytes.substr(from, std::min(field.size, at + record_size - from)));
      begin += field.size;
      std::replace_if(cell.begin(), cell.end(), [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
      all.append(cell).append("\n");
    }
  }
  const auto decoded = decode_text(all, "gb18030");
  std::string_view rest = decoded ? std::string_view(decoded->text) : std::string_view();
  if (!decoded) return fail(decoded.error());
  const auto take = [&rest] {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string cell(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return cell;
  };
  ExtractBuilder builder("dbf/1");
  TableContent table;
  for (std::size_t i = 0; i < fields.size(); ++i) table.header.push_back(take());
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<std::string> cells;
    for (const Field& field : fields) cells.push_back(shown(take(), field.type));
    table.rows.push_back(std::move(cells));
  }
  builder.add_table(std::move(table));
  return builder.finish();
}

}  // namespace grounds::parsing
