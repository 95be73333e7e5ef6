#include "ingest/parsers/sheet.h"

#include <algorithm>

#include "base/utf8.h"
#include "ingest/parsers/delimited.h"
#include "ingest/parsers/limits.h"

namespace grounds::parsing {
namespace {

constexpr std::int64_t kMaxMergedCells = 100'000;  // of one range
constexpr std::size_t kMaxTableWidth = 2'000;      // wider parts are written a cell a line

struct Part {
  Records records;  // all of one width
  int first_column = 0, last_column = 0;
};

bool is_single(const Part& part) {
  return std::all_of(part.records.begin(), part.records.end(), [](const auto& record) { return filled_cells(record) == 1; });
}

void add_part(Part& part, ExtractBuilder& builder) {
  if (part.records.empty()) return;
  if (is_single(part) || part.records[0].size() > kMaxTableWidth) {
    // A long single column is a list with a header; a few lines are text.
    if (part.records[0].size() > kMaxTableWidth || part.records.size() <= 3) {
      for (const auto& record : part.records) {
        for (const std::string& cell : record) {
          if (trim(cell).empty()) continue;
          builder.open(BlockKind::kParagraph);
          builder.append(cell);
          builder.close();
        }
      }
      return;
    }
  }
  builder.add_table(shape_table(std::move(part.records)));
}

}  // namespace

bool Sheet::take(std::size_t cells, std::size_t bytes) {
  if (cells_ + cells > kMaxTableCells || bytes_ + bytes > kMaxExtractBytes) full_ = true;
  if (full_) return false;
  cells_ += cells;
  bytes_ += bytes;
  return true;
}

Sheet::Row* Sheet::find(std::int64_t number) {
  const auto at = std::lower_bound(rows_.begin(), rows_.end(), number, [](const Row& row, std::int64_t n) { return row.number < n; });
  return at != rows_.end() && at->number == number ? &*at : nullptr;
}

bool Sheet::set(std::int64_t row, int column, std::string text) {
  if (trim(text).empty() || column < 0 || column >= kMaxColumns) return !full_;
  if (!take(1, text.size())) return false;
  if (rows_.empty() || rows_.back().number < row) rows_.push_back({row, {}});
  Row* const target = find(row);
  if (target == nullptr) return true;  // out of order: such a sheet is damaged
  auto& cells = target->cells;
  const auto at = std::lower_bound(cells.begin(), cells.end(), column, [](const auto& cell, int n) { return cell.first < n; });
  if (at != cells.end() && at->first == column) at->second = std::move(text);
  else cells.emplace(at, column, std::move(text));
  return true;
}

void Sheet::merge(std::int64_t first_row, int first_column, std::int64_t last_row, int last_column) {
  if (first_row > last_row || first_column > last_column || first_column < 0 || last_column >= kMaxColumns) return;
  const Row* const first = find(first_row);
  if (first == nullptr) return;
  const auto cell = std::find_if(first->cells.begin(), first->cells.end(), [&](const auto& c) { return c.first == first_column; });
  if (cell == first->cells.end()) return;
  const std::string text = cell->second;
  // A title over the whole width is there once: only its rows' other cells would repeat it.
  std::int64_t left = kMaxMergedCells;
  for (Row& row : rows_) {
    if (row.number < first_row || row.number > last_row) continue;
    const bool alone = row.number == first_row && row.cells.size() == 1;
    if (alone && first_row == last_row) continue;
    for (int column = first_column; column <= last_column && left > 0; ++column, --left) {
      const auto at = std::lower_bound(row.cells.begin(), row.cells.end(), column, [](const auto& c, int n) { return c.first < n; });
      if (at != row.cells.end() && at->first == column) continue;
      if (!take(1, text.size())) return;
      row.cells.emplace(at, column, text);
    }
  }
}

void Sheet::add_to(ExtractBuilder& builder) const {
  Part part;
  std::size_t begin = 0;
  const auto lay_out = [&](std::size_t from, std::size_t to) {
    Part laid;
    laid.first_column = kMaxColumns;
    for (std::size_t i = from; i < to; ++i) {
      laid.first_column = std::min(laid.first_column, rows_[i].cells.front().first);
      laid.last_column = std::max(laid.last_column, rows_[i].cells.back().first);
    }
    const auto width = static_cast<std::size_t>(laid.last_column - laid.first_column + 1);
    for (std::size_t i = from; i < to; ++i) {
      std::vector<std::string> record(width);
      for (const auto& [column, text] : rows_[i].cells) record[static_cast<std::size_t>(column - laid.first_column)] = text;
      laid.records.push_back(std::move(record));
    }
    return laid;
  };
  while (begin < rows_.size() && !builder.over_limit()) {
    std::size_t end = begin + 1;
    while (end < rows_.size() && rows_[end].number == rows_[end - 1].number + 1) ++end;
    Part next = lay_out(begin, end);
    const bool same_columns = !part.records.empty() && part.first_column == next.first_column && part.last_column == next.last_column;
    if (same_columns && !is_single(part) && !looks_like_header(next.records.front())) {
      std::move(next.records.begin(), next.records.end(), std::back_inserter(part.records));
    } else {
      add_part(part, builder);
      part = std::move(next);
    }
    begin = end;
  }
  add_part(part, builder);
}

}  // namespace grounds::parsing
