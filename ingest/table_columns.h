// What the columns of a table hold: their type and unit, from the header and the cells. A function of the table
// alone, so that nothing of it need be stored.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/extract.h"

namespace grounds {

enum class ColumnType { kEmpty, kText, kNumber, kPercent, kDate };

struct TableColumn {
  std::string name;    // the header without its unit: "金额" of "金额（万元）"; "" without a header
  ColumnType type = ColumnType::kText;
  std::string unit;    // as it is written: "万元", "%", "USD", "m³/h"; "" if none is
  int power = 0;       // a number of this column means 10^power of `base`: 4 for 万元
  std::string base;    // "元" for 万元; the unit itself where it has no multiple
};

// A number as it may stand in a cell: grouped by commas, with a currency before it, a percent sign or a unit
// behind it, negative by a minus sign or in parentheses.
struct CellNumber {
  std::string decimal;  // "-1234.50": digits, one point, no other sign
  std::string unit;     // what was written around it; "" if nothing
};

// nullopt: the cell is no single number.
std::optional<CellNumber> read_cell_number(std::string_view cell);

// Whether a row sums up others: its first cell that holds anything is 合计, 小计, "Total", "Subtotal" and the like,
// alone or before a colon. Its figures must not be added to those of the rows above.
bool is_total_row(const std::vector<std::string>& row);

// One entry a column. A column is of numbers, percentages or dates if all cells that hold anything are, but for
// dashes and "n/a", which stand for nothing, and the word itself in a row of totals. Units come from the header, in any brackets or behind a comma or
// slash; from the cells if they agree; or from a "单位：万元" in the caption or in `introduction`, the paragraph
// before the table.
std::vector<TableColumn> table_columns(const Table& table, std::string_view introduction = {});

}  // namespace grounds
