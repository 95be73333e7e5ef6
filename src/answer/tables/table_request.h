// Does a question ask for something to be calculated, and what?
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace grounds {

enum class TableOperation { kTotal, kAverage, kMaximum, kMinimum, kCount, kDifference, kRange };
std::string_view table_operation_name(TableOperation operation);  // "total", "average", ...

// Rows whose measure is above or below a number: "above 500", "低于 20".
struct TableComparison {
  bool above = true;
  bool inclusive = false;
  std::size_t begin = 0, end = 0;      // bytes of the question that the words take
};

struct TableRequest {
  TableOperation operation = TableOperation::kTotal;
  std::vector<std::pair<std::size_t, std::size_t>> words;  // bytes of the question that say so
  std::optional<TableComparison> comparison;
};

// nullopt: no word of the question, English or Chinese, asks for a calculation; or several do.
std::optional<TableRequest> read_table_request(std::string_view question);

// "合计", "Grand total", "小计", "平均": the label of a row or column that sums up others.
bool is_summary_label(std::string_view label);

}  // namespace grounds
