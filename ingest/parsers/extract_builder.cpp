#include "ingest/parsers/extract_builder.h"

#include <algorithm>

#include "base/utf8.h"
#include "ingest/parsers/limits.h"

namespace grounds::parsing {
namespace {

bool is_blank_row(const std::vector<std::string>& cells) {
  return std::all_of(cells.begin(), cells.end(), [](const std::string& cell) { return cell.empty(); });
}

// Cells become running text, and columns that are empty in every row go.
void tidy(TableContent& table) {
  for (std::string& cell : table.header) cell = flow_line(cell);
  for (auto& row : table.rows) {
    for (std::string& cell : row) cell = flow_line(cell);
  }
  std::erase_if(table.rows, is_blank_row);
  if (is_blank_row(table.header)) table.header.clear();
}

}  // namespace

ExtractBuilder::ExtractBuilder(std::string parser) : flow_(extract_.text) {
  extract_.parser = std::move(parser);
}

bool ExtractBuilder::start_block() {
  close();
  if (over_limit()) return false;
  if (extract_.blocks.size() >= kMaxBlocks) {
    limit_ = "it has more than " + std::to_string(kMaxBlocks) + " paragraphs";
    return false;
  }
  before_block_ = extract_.text.size();
  return true;
}

void ExtractBuilder::open(BlockKind kind, int level, std::string_view marker) {
  if (!start_block()) return;
  const bool continues_list = kind == BlockKind::kListItem && !extract_.blocks.empty() &&
                              extract_.blocks.back().kind == BlockKind::kListItem;
  if (!extract_.text.empty()) extract_.text += continues_list ? "\n" : "\n\n";
  block_ = Block{};
  block_.kind = kind;
  block_.level = level;
  block_.page = page_;
  block_.begin = extract_.text.size();
  extract_.text += marker;
  content_begin_ = extract_.text.size();
  flow_.restart();
  open_ = true;
}

void ExtractBuilder::append_verbatim(std::string_view text) {
  if (!open_) return;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 ? byte != 0x7F : c == '\n' || c == '\t') extract_.text += c;
  }
}

void ExtractBuilder::close() {
  if (!open_) return;
  open_ = false;
  std::string& text = extract_.text;
  // Verbatim text may start with empty lines and end with white space.
  const std::string_view content = std::string_view(text).substr(content_begin_);
  const std::string_view kept = trim(content);
  if (kept.empty()) {
    text.resize(before_block_);
    return;
  }
  text.resize(content_begin_ + static_cast<std::size_t>(kept.data() - content.data()) + kept.size());
  if (content_begin_ == block_.begin) {
    const std::size_t leading = static_cast<std::size_t>(kept.data() - content.data());
    const std::size_t line = text.rfind('\n', content_begin_ + leading);
    // Indentation of the first line stays before the block, empty lines before it go.
    if (leading > 0 && line != std::string::npos && line >= content_begin_) {
      text.erase(content_begin_, line + 1 - content_begin_);
    }
    const std::string_view rest = std::string_view(text).substr(content_begin_);
    block_.begin = content_begin_ + static_cast<std::size_t>(trim(rest).data() - rest.data());
  }
  block_.end = text.size();
  extract_.blocks.push_back(block_);
  if (text.size() > kMaxExtractBytes) {
    limit_ = "it has more than " + std::to_string(kMaxExtractBytes >> 20) + " MB of text";
  }
}

void ExtractBuilder::append_row(const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) extract_.text += " | ";
    extract_.text += cells[i];
  }
}

bool ExtractBuilder::has_room_for(std::size_t cells) {
  if (cells_ + cells <= kMaxTableCells) return true;
  limit_ = "its tables have more than " + std::to_string(kMaxTableCells) + " cells";
  return false;
}

void ExtractBuilder::add_table(TableContent content) {
  tidy(content);
  if (content.rows.empty() && content.header.empty()) return;
  if (!content.caption.empty()) {
    open(BlockKind::kParagraph);
    append(content.caption);
  }
  if (!start_block()) return;
  std::size_t cells = content.header.size();
  for (const auto& row : content.rows) cells += row.size();
  if (!has_room_for(cells)) return;
  cells_ += cells;
  if (!extract_.text.empty()) extract_.text += "\n\n";
  block_ = Block{};
  block_.kind = BlockKind::kTable;
  block_.page = page_;
  block_.table = static_cast<int>(extract_.tables.size());
  block_.begin = extract_.text.size();
  Table table;
  table.caption = flow_line(content.caption);
  if (!content.header.empty()) {
    table.header_begin = extract_.text.size();
    append_row(content.header);
    table.header_end = extract_.text.size();
    table.header = std::move(content.header);
  }
  table.row_spans.reserve(content.rows.size());
  for (const auto& row : content.rows) {
    if (extract_.text.size() > block_.begin) extract_.text += '\n';
    const std::size_t begin = extract_.text.size();
    append_row(row);
    table.row_spans.emplace_back(begin, extract_.text.size());
  }
  table.rows = std::move(content.rows);
  block_.end = extract_.text.size();
  extract_.blocks.push_back(block_);
  extract_.tables.push_back(std::move(table));
  if (extract_.text.size() > kMaxExtractBytes) {
    limit_ = "it has more than " + std::to_string(kMaxExtractBytes >> 20) + " MB of text";
  }
}

void ExtractBuilder::add_extract(Extract part, int levels) {
  if (part.blocks.empty() || !start_block()) return;
  for (const Table& table : part.tables) {
    cells_ += table.header.size();
    for (const auto& row : table.rows) cells_ += row.size();
  }
  if (cells_ > kMaxTableCells || extract_.blocks.size() + part.blocks.size() > kMaxBlocks ||
      extract_.text.size() + part.text.size() > kMaxExtractBytes) {
    limit_ = "its parts are too many or too long";
    return;
  }
  if (!extract_.text.empty()) extract_.text += "\n\n";
  const std::uint64_t shift = extract_.text.size();
  const int first_table = static_cast<int>(extract_.tables.size());
  extract_.text += part.text;
  for (Block block : part.blocks) {
    block.begin += shift;
    block.end += shift;
    if (block.table >= 0) block.table += first_table;
    if (block.kind == BlockKind::kHeading) block.level += levels;
    if (block.page == 0) block.page = page_;
    extract_.blocks.push_back(block);
  }
  for (Table& table : part.tables) {
    if (!table.header.empty()) {
      table.header_begin += shift;
      table.header_end += shift;
    }
    for (auto& [begin, end] : table.row_spans) {
      begin += shift;
      end += shift;
    }
    extract_.tables.push_back(std::move(table));
  }
}

void ExtractBuilder::set_title(std::string_view title) {
  if (has_title()) return;
  std::string line = flow_line(title);
  if (line.size() > kMaxTitleBytes) line.resize(floor_boundary(line, kMaxTitleBytes));
  extract_.title = trim(line);
}

void ExtractBuilder::set_date(std::string date) {
  if (extract_.date.empty()) extract_.date = std::move(date);
}

Result<Extract> ExtractBuilder::finish() {
  close();
  if (over_limit()) {
    return fail(ErrorCode::kBadInput, "the document is too large: " + limit_,
                "split it into smaller documents");
  }
  if (extract_.blocks.empty()) return fail(ErrorCode::kBadInput, "the document has no text");
  return std::move(extract_);
}

}  // namespace grounds::parsing
