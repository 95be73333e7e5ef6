// The cells of a spreadsheet as blocks of an extract: one table for each block of rows that belongs together.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grounds/result.h"
#include "ingest/parsers/extract_builder.h"

namespace grounds::parsing {

class Sheet {
 public:
  static constexpr int kMaxColumns = 16'384;

  // Rows in ascending order, columns in any within a row, both from 0; cells without text need not be set.
  // False, and nothing done, once the sheet holds more than a document may.
  bool set(std::int64_t row, int column, std::string text);
  // Repeats the first cell of a merged range in all of its cells.
  void merge(std::int64_t first_row, int first_column, std::int64_t last_row, int last_column);
  // Rows parted by blank ones are tables of their own where the lower part starts with a header or stands
  // in other columns; a part with one cell a row is a paragraph for each.
  void add_to(ExtractBuilder& builder) const;
  bool is_full() const { return full_; }

 private:
  struct Row {
    std::int64_t number;
    std::vector<std::pair<int, std::string>> cells;  // ascending columns
  };
  Row* find(std::int64_t number);
  bool take(std::size_t cells, std::size_t bytes);

  std::vector<Row> rows_;
  std::size_t cells_ = 0, bytes_ = 0;
  bool full_ = false;
};

}  // namespace grounds::parsing
