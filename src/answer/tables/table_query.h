// The calculation itself, by SQLite over a table in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "answer/tables/table_data.h"
#include "answer/tables/table_request.h"

namespace grounds {

// Which cells, and what is done with them.
struct TablePlan {
  TableOperation operation = TableOperation::kTotal;
  std::vector<std::size_t> measures;            // columns; several: periods that are taken together
  // Rows must have one of `values` in `column`, for each of the filters.
  struct Filter {
    std::size_t column = 0;
    std::vector<std::string> values;
    friend bool operator==(const Filter&, const Filter&) = default;
  };
  std::vector<Filter> filters;
  // Of a difference: what parts its two sides: two values of a column, or two measures.
  std::optional<Filter> sides;
  bool sides_are_measures = false;
  // Rows whose measure compares so with a number of the question, in stored multiples.
  struct Comparison {
    bool above = true, inclusive = false;
    std::int64_t value = 0;
  };
  std::optional<Comparison> comparison;
};

struct TableResult {
  std::string sql;                              // with its literals, as it was run
  std::int64_t value = 0;                       // multiples of 10^-decimals; of a count: the count
  int decimals = 0;
  std::int64_t cells = 0, missing = 0;          // that went in; that hold no number
  std::vector<std::size_t> rows;                // of the table, that went in; of a maximum: that have it
  std::vector<std::size_t> columns;             // of a maximum over several measures: which one, by row
  std::int64_t first = 0, second = 0;           // the sides of a difference
};

// nullopt: nothing selected, or SQLite failed. A pure function of its arguments.
std::optional<TableResult> run_table_query(const Table& table, const TableData& data, const TablePlan& plan);

}  // namespace grounds
