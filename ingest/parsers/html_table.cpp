// HTML tables: rows, header and merged cells.
#include <algorithm>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "ingest/parsers/html_blocks.h"
#include "ingest/parsers/limits.h"

namespace grounds::parsing {
namespace {

constexpr int kMaxSpan = 1000;

struct Row {
  const GumboNode* node;
  bool in_head;
};

const GumboNode& child_at(const GumboVector& children, unsigned i) {
  return *static_cast<const GumboNode*>(children.data[i]);
}

// The rows of a table, in its sections or directly below it. The HTML parser puts nothing else between.
std::vector<Row> rows_of(const GumboNode& table) {
  std::vector<Row> rows;
  const GumboVector& sections = *children_of(table);
  for (unsigned i = 0; i < sections.length; ++i) {
    const GumboNode& section = child_at(sections, i);
    if (is_element(section, GUMBO_TAG_TR)) rows.push_back({&section, false});
    const bool in_head = is_element(section, GUMBO_TAG_THEAD);
    if (!in_head && !is_element(section, GUMBO_TAG_TBODY) && !is_element(section, GUMBO_TAG_TFOOT)) continue;
    if (is_hidden(section)) continue;
    const GumboVector& children = *children_of(section);
    for (unsigned j = 0; j < children.length; ++j) {
      const GumboNode& row = child_at(children, j);
      if (is_element(row, GUMBO_TAG_TR)) rows.push_back({&row, in_head});
    }
  }
  std::erase_if(rows, [](const Row& row) { return is_hidden(*row.node); });
  return rows;
}

std::vector<const GumboNode*> cells_of(const GumboNode& row) {
  std::vector<const GumboNode*> cells;
  const GumboVector& children = *children_of(row);
  for (unsigned i = 0; i < children.length; ++i) {
    const GumboNode& cell = child_at(children, i);
    if (is_element(cell, GUMBO_TAG_TD) || is_element(cell, GUMBO_TAG_TH)) cells.push_back(&cell);
  }
  return cells;
}

bool is_header_row(const GumboNode& row) {
  const auto cells = cells_of(row);
  return !cells.empty() && std::all_of(cells.begin(), cells.end(), [](const GumboNode* cell) {
    return is_element(*cell, GUMBO_TAG_TH);
  });
}

int span_of(const GumboNode& cell, const char* name) {
  int span = 0;
  for (const char c : attribute(cell, name)) {
    if (c < '0' || c > '9' || span > kMaxSpan) break;
    span = span * 10 + (c - '0');
  }
  return std::clamp(span, 1, kMaxSpan);
}

// Lays the cells out on a grid.
class Grid {
 public:
  // False once the table is larger than a document may be, for the builder to refuse.
  bool add_row(const GumboNode& row) {
    std::vector<std::string> line;
    std::size_t column = 0;
    for (const GumboNode* cell : cells_of(row)) {
      fill_from_above(line, column);
      const std::string text = flow_line(text_below(*cell));
      const int columns = span_of(*cell, "colspan");
      const int rows = span_of(*cell, "rowspan");
      for (int i = 0; i < columns; ++i, ++column) {
        line.push_back(text);
        if (rows > 1) {
          if (above_.size() <= column) above_.resize(column + 1);
          above_[column] = {rows - 1, text};
        }
      }
      bytes_ += text.size() * static_cast<std::size_t>(columns);
      cells_ += static_cast<std::size_t>(columns);
      if (is_full()) break;
    }
    fill_from_above(line, column);
    rows_.push_back(std::move(line));
    return !is_full();
  }
  bool is_full() const { return cells_ > kMaxTableCells || bytes_ > kMaxExtractBytes; }
  std::vector<std::vector<std::string>> take() { return std::move(rows_); }

 private:
  struct Pending {
    int rows = 0;  // how many more rows the cell reaches into
    std::string text;
  };
  void fill_from_above(std::vector<std::string>& line, std::size_t& column) {
    while (column < above_.size() && above_[column].rows > 0) {
      --above_[column].rows;
      line.push_back(above_[column].text);
      bytes_ += above_[column].text.size();
      ++cells_;
      ++column;
    }
  }

  std::vector<std::vector<std::string>> rows_;
  std::vector<Pending> above_;
  std::size_t cells_ = 0;
  std::size_t bytes_ = 0;
};

// Several header rows become one: a column's names from top to bottom, each once.
std::vector<std::string> merge_header(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::string> header;
  for (const auto& row : rows) {
    if (header.size() < row.size()) header.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i].empty() || header[i] == row[i] || header[i].ends_with(" " + row[i])) continue;
      header[i] += header[i].empty() ? row[i] : " " + row[i];
    }
  }
  return header;
}

}  // namespace

TableContent read_html_table(const GumboNode& table) {
  TableContent content;
  const GumboVector& children = *children_of(table);
  for (unsigned i = 0; i < children.length; ++i) {
    const GumboNode& child = child_at(children, i);
    if (is_element(child, GUMBO_TAG_CAPTION)) content.caption = flow_line(text_below(child));
  }
  const std::vector<Row> rows = rows_of(table);
  const bool has_head = std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.in_head; });
  Grid grid;
  std::size_t header_rows = 0;
  for (const Row& row : rows) {
    const bool is_header = has_head ? row.in_head : is_header_row(*row.node);
    const bool at_top = header_rows == static_cast<std::size_t>(&row - rows.data());
    if (is_header && at_top) ++header_rows;
    if (!grid.add_row(*row.node)) break;
  }
  auto lines = grid.take();
  header_rows = std::min(header_rows, lines.size());
  // A table of nothing but header cells has rows, not a header of several lines.
  if (header_rows == lines.size() && header_rows > 1 && !has_head) header_rows = 1;
  const auto body = lines.begin() + static_cast<std::ptrdiff_t>(header_rows);
  content.header = merge_header({lines.begin(), body});
  content.rows.assign(std::make_move_iterator(body), std::make_move_iterator(lines.end()));
  return content;
}

bool is_layout_table(const GumboNode& table) {
  const std::string_view role = attribute(table, "role");
  if (role == "presentation" || role == "none") return true;
  const std::vector<Row> rows = rows_of(table);
  std::size_t cells = 0;
  for (const Row& row : rows) {
    cells += cells_of(*row.node).size();
    if (cells > 1) break;
  }
  if (cells <= 1) return true;
  std::vector<const GumboNode*> stack = {&table};
  while (!stack.empty()) {
    const GumboNode* const node = stack.back();
    stack.pop_back();
    if (node != &table && is_element(*node, GUMBO_TAG_TABLE)) return true;
    const GumboVector* const children = children_of(*node);
    if (children == nullptr) continue;
    for (unsigned i = children->length; i > 0; --i) stack.push_back(&child_at(*children, i - 1));
  }
  return false;
}

}  // namespace grounds::parsing
