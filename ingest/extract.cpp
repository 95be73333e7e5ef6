// The map of an extract: its rules, and its form as canonical JSON.
//
//   {"blocks":[kind,begin,end,level,page,table, ...],      six numbers a block
//    "date":"...","parser":"...",
//    "tables":[{"caption":"...","cells":{"ROW":[...]},     only rows that their line does not give back
//               "header":[begin,end] or [],"header_cells":[...]?,"rows":[begin,end, ...]}],
//    "title":"...","version":1,"warnings":[...]}
#include "ingest/extract.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/canonical_json.h"
#include "base/utf8.h"

namespace grounds {
namespace {

constexpr int kMapVersion = 1;
constexpr std::string_view kCellSeparator = " | ";
constexpr std::array<std::string_view, 7> kKindNames = {"heading", "paragraph", "list_item", "table",
                                                        "code",    "quote",     "mail_header"};
constexpr std::size_t kNumbersPerBlock = 6;

std::vector<std::string> split_cells(std::string_view line) {
  std::vector<std::string> cells;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = line.find(kCellSeparator, begin);
    cells.emplace_back(line.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return cells;
    begin = end + kCellSeparator.size();
  }
}

bool on_boundary(std::string_view text, std::uint64_t position) {
  return position == text.size() || (static_cast<unsigned char>(text[position]) & 0xC0) != 0x80;
}

bool is_span(std::string_view text, std::uint64_t begin, std::uint64_t end) {
  return begin <= end && end <= text.size() && on_boundary(text, begin) && on_boundary(text, end);
}

bool all_valid(const std::vector<std::string>& texts) {
  return std::all_of(texts.begin(), texts.end(), [](const std::string& text) { return is_valid_utf8(text); });
}

bool is_blank(std::string_view text) { return trim(text).empty(); }

tl::unexpected<Error> damaged(std::string what) {
  return fail(ErrorCode::kDamaged, "extract map: " + std::move(what));
}

Status check_table(const Table& table, const Block& block, std::string_view text) {
  const bool has_header = !table.header.empty();
  if (!has_header && (table.header_begin != 0 || table.header_end != 0)) {
    return damaged("a table without a header has a header line");
  }
  if (!is_span(text, table.header_begin, table.header_end)) {
    return damaged("a table's header line is not in the text");
  }
  if (table.rows.size() != table.row_spans.size()) {
    return damaged("a table's rows and lines differ in number");
  }
  bool first = !has_header;
  std::uint64_t previous = table.header_end;
  for (const auto& [begin, end] : table.row_spans) {
    if (!is_span(text, begin, end)) return damaged("a table row is not in the text");
    if (!first && (begin != previous + 1 || text[previous] != '\n')) {
      return damaged("the lines of a table are not consecutive");
    }
    first = false;
    previous = end;
  }
  const std::uint64_t begin = has_header || table.rows.empty() ? table.header_begin
                                                               : table.row_spans.front().first;
  if (block.begin != begin || block.end != previous) {
    return damaged("a table's block and lines differ");
  }
  return {};
}

// Cells of a line: written out only if the line does not give them back.
Json cells_unless_implied(const std::vector<std::string>& cells, std::string_view line) {
  if (split_cells(line) == cells) return nullptr;
  return cells;
}

Json table_to_json(const Table& table, std::string_view text) {
  Json rows = Json::array();
  Json cells = Json::object();
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto [begin, end] = table.row_spans[i];
    rows.push_back(begin);
    rows.push_back(end);
    Json explicit_cells = cells_unless_implied(table.rows[i], text.substr(begin, end - begin));
    if (!explicit_cells.is_null()) cells[std::to_string(i)] = std::move(explicit_cells);
  }
  Json json = {{"caption", table.caption}, {"header", Json::array()}, {"rows", std::move(rows)}};
  if (!cells.empty()) json["cells"] = std::move(cells);
  if (!table.header.empty()) {
    json["header"] = {table.header_begin, table.header_end};
    const auto line = text.substr(table.header_begin, table.header_end - table.header_begin);
    Json explicit_cells = cells_unless_implied(table.header, line);
    if (!explicit_cells.is_null()) json["header_cells"] = std::move(explicit_cells);
  }
  return json;
}

// Throws nlohmann's exceptions on a wrong type, std::out_of_range on a span outside the text.
Table table_from_json(const Json& json, std::string_view text) {
  Table table;
  table.caption = json.at("caption").get<std::string>();
  const Json& header = json.at("header");
  if (!header.empty()) {
    table.header_begin = header.at(0).get<std::uint64_t>();
    table.header_end = header.at(1).get<std::uint64_t>();
    if (!is_span(text, table.header_begin, table.header_end)) throw std::out_of_range("header");
    table.header = json.contains("header_cells")
                       ? json.at("header_cells").get<std::vector<std::string>>()
                       : split_cells(text.substr(table.header_begin,
                                                 table.header_end - table.header_begin));
  }
  const Json& rows = json.at("rows");
  if (rows.size() % 2 != 0) throw std::out_of_range("rows");
  table.row_spans.reserve(rows.size() / 2);
  table.rows.reserve(rows.size() / 2);
  for (std::size_t i = 0; i < rows.size(); i += 2) {
    const auto begin = rows.at(i).get<std::uint64_t>();
    const auto end = rows.at(i + 1).get<std::uint64_t>();
    if (!is_span(text, begin, end)) throw std::out_of_range("row");
    table.row_spans.emplace_back(begin, end);
    table.rows.push_back(split_cells(text.substr(begin, end - begin)));
  }
  if (json.contains("cells")) {
    for (const auto& [key, value] : json.at("cells").items()) {
      std::size_t row = 0;
      const auto [rest, error] = std::from_chars(key.data(), key.data() + key.size(), row);
      if (error != std::errc() || rest != key.data() + key.size()) throw std::out_of_range("cells");
      table.rows.at(row) = value.get<std::vector<std::string>>();
    }
  }
  return table;
}

std::vector<Block> blocks_from_json(const Json& json) {
  if (!json.is_array() || json.size() % kNumbersPerBlock != 0) throw std::out_of_range("blocks");
  std::vector<Block> blocks;
  blocks.reserve(json.size() / kNumbersPerBlock);
  for (std::size_t i = 0; i < json.size(); i += kNumbersPerBlock) {
    Block block;
    const auto kind = json.at(i).get<std::uint64_t>();
    if (kind >= kKindNames.size()) throw std::out_of_range("kind");
    block.kind = static_cast<BlockKind>(kind);
    block.begin = json.at(i + 1).get<std::uint64_t>();
    block.end = json.at(i + 2).get<std::uint64_t>();
    block.level = json.at(i + 3).get<int>();
    block.page = json.at(i + 4).get<int>();
    block.table = json.at(i + 5).get<int>();
    blocks.push_back(block);
  }
  return blocks;
}

}  // namespace

std::string_view block_kind_name(BlockKind kind) {
  return kKindNames.at(static_cast<std::size_t>(kind));
}

Status Extract::check() const {
  if (!is_valid_utf8(text)) return damaged("the text is not valid UTF-8");
  const std::string_view view = text;
  std::uint64_t previous = 0;
  for (const Block& block : blocks) {
    if (!is_span(view, block.begin, block.end) || block.begin < previous) {
      return damaged("block at " + std::to_string(block.begin) + " is out of place");
    }
    if (is_blank(view.substr(block.begin, block.end - block.begin))) {
      return damaged("block at " + std::to_string(block.begin) + " is empty");
    }
    if (!is_blank(view.substr(previous, block.begin - previous))) {
      return damaged("text before the block at " + std::to_string(block.begin) + " is in no block");
    }
    const bool is_table = block.kind == BlockKind::kTable;
    const bool has_table = block.table >= 0 && static_cast<std::size_t>(block.table) < tables.size();
    if (is_table ? !has_table : block.table != -1) {
      return damaged("block at " + std::to_string(block.begin) + " names a table that is not there");
    }
    if (is_table) {
      GROUNDS_RETURN_IF_ERROR(check_table(tables[static_cast<std::size_t>(block.table)], block, view));
    }
    if (block.level < 0 || block.page < 0) return damaged("a block has a negative level or page");
    previous = block.end;
  }
  if (!is_blank(view.substr(previous))) return damaged("text after the last block is in no block");
  const bool fields_valid = is_valid_utf8(title) && is_valid_utf8(parser) && is_valid_utf8(date) && all_valid(warnings);
  const bool tables_valid = std::all_of(tables.begin(), tables.end(), [](const Table& table) {
    return is_valid_utf8(table.caption) && all_valid(table.header) &&
           std::all_of(table.rows.begin(), table.rows.end(), all_valid);
  });
  if (!fields_valid || !tables_valid) return damaged("a field or cell is not valid UTF-8");
  return {};
}

std::string Extract::map_to_json() const {
  Json json = {{"version", kMapVersion}, {"title", title},       {"parser", parser},
               {"warnings", warnings},   {"date", date},         {"blocks", Json::array()},
               {"tables", Json::array()}};
  Json& flat = json["blocks"];
  for (const Block& block : blocks) {
    flat.push_back(static_cast<int>(block.kind));
    flat.push_back(block.begin);
    flat.push_back(block.end);
    flat.push_back(block.level);
    flat.push_back(block.page);
    flat.push_back(block.table);
  }
  for (const Table& table : tables) json["tables"].push_back(table_to_json(table, text));
  return canonical_json(json).value();  // check() holds, so all strings are UTF-8
}

Result<Extract> Extract::from_parts(std::string text, std::string_view map_json) {
  GROUNDS_ASSIGN_OR_RETURN(const Json json, parse_json(map_json));
  if (!is_valid_utf8(text)) return damaged("the text is not valid UTF-8");
  Extract extract;
  extract.text = std::move(text);
  try {
    if (json.at("version").get<int>() != kMapVersion) {
      return damaged("version " + json.at("version").dump() + " is not known to this program");
    }
    extract.title = json.at("title").get<std::string>();
    extract.parser = json.at("parser").get<std::string>();
    extract.warnings = json.at("warnings").get<std::vector<std::string>>();
    extract.date = json.at("date").get<std::string>();
    extract.blocks = blocks_from_json(json.at("blocks"));
    for (const Json& table : json.at("tables")) {
      extract.tables.push_back(table_from_json(table, extract.text));
    }
  } catch (const std::exception& error) {
    return damaged(error.what());
  }
  GROUNDS_RETURN_IF_ERROR(extract.check());
  return extract;
}

}  // namespace grounds
