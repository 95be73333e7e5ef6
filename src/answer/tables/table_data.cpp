#include "answer/tables/table_data.h"

#include <algorithm>
#include <set>

#include "answer/tables/table_request.h"
#include "base/utf8.h"

namespace grounds {
namespace {

constexpr int kMaxDecimals = 6;
constexpr std::int64_t kMaxScaled = 1'000'000'000'000'000;  // 10^15: sums of kMaxTableRows stay in 64 bits

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

// Numbers that name a row and are no amounts.
bool names_rows(std::string_view name) {
  const std::string lower = lower_ascii(trim(name));
  for (const std::string_view word : {"序号", "编号", "no.", "no", "#", "id", "年份", "年度", "年", "year", "rank", "排名", "month", "月", "月份", "code", "代码", "phone", "电话"})
    if (lower == word) return true;
  return false;
}

// "million USD": the number's multiple stands beside the unit.
void give_multiple(TableColumn& column) {
  if (column.power != 0) return;
  struct Multiple {
    std::string_view word;
    int power;
  };
  for (const Multiple& multiple : {Multiple{"million", 6}, {"thousand", 3}, {"billion", 9}}) {
    const std::string unit = lower_ascii(column.unit);
    const std::size_t at = unit.find(multiple.word);
    if (at == std::string::npos) continue;
    std::string base = column.unit.substr(0, at) + column.unit.substr(at + multiple.word.size());
    column.power = multiple.power;
    column.base = std::string(trim(base));
    return;
  }
}

int decimals_of(const std::string& decimal) {
  const std::size_t point = decimal.find('.');
  if (point == std::string::npos) return 0;
  std::size_t end = decimal.size();
  while (end > point + 1 && decimal[end - 1] == '0') --end;
  return static_cast<int>(end - point - 1);
}

std::optional<std::int64_t> scaled(const std::string& decimal, int decimals) {
  std::int64_t value = 0;
  int after = -1;
  const bool negative = decimal.starts_with('-');
  for (const char c : decimal) {
    if (c == '-') continue;
    if (c == '.') {
      after = 0;
      continue;
    }
    if (after >= decimals) break;
    if (after >= 0) ++after;
    value = value * 10 + (c - '0');
    if (value > kMaxScaled) return std::nullopt;
  }
  for (int i = std::max(after, 0); i < decimals; ++i) {
    value *= 10;
    if (value > kMaxScaled) return std::nullopt;
  }
  return negative ? -value : value;
}

}  // namespace

std::optional<TableData> read_table(const Table& table, std::string_view introduction) {
  if (table.header.empty() || table.rows.empty() || table.rows.size() > kMaxTableRows || table.header.size() > kMaxTableColumns) return std::nullopt;
  TableData data;
  data.columns = table_columns(table, introduction);
  data.columns.resize(table.header.size());
  std::set<std::string> taken{"row", "is_summary"};
  for (std::size_t c = 0; c < table.header.size(); ++c) {
    std::string name(trim(table.header[c]));
    if (name.empty()) name = "column " + std::to_string(c + 1);
    while (!taken.insert(lower_ascii(name)).second) name += "'";
    data.names.push_back(std::move(name));
    give_multiple(data.columns[c]);
    const ColumnType type = data.columns[c].type;
    data.measure.push_back((type == ColumnType::kNumber || type == ColumnType::kPercent) && !names_rows(data.columns[c].name));
    data.summary_column.push_back(is_summary_label(data.columns[c].name));
  }
  std::vector<std::vector<std::string>> decimals(table.rows.size(), std::vector<std::string>(table.header.size()));
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    bool summary = false, labelled = false;
    for (std::size_t c = 0; c < table.header.size() && c < table.rows[r].size(); ++c) {
      const std::string& cell = table.rows[r][c];
      if (!data.measure[c]) {
        // The first labels of a row say what it is.
        if (!trim(cell).empty()) summary |= is_summary_label(cell), labelled = true;
        continue;
      }
      const auto number = read_cell_number(cell);
      if (!number) continue;
      // A cell in another unit than its column is no number to add.
      if (!number->unit.empty() && number->unit != data.columns[c].unit && !data.columns[c].unit.empty() && data.columns[c].type != ColumnType::kPercent) return std::nullopt;
      decimals[r][c] = number->decimal;
      data.decimals = std::max(data.decimals, decimals_of(number->decimal));
    }
    data.summary_row.push_back(summary && labelled);
  }
  if (data.decimals > kMaxDecimals) return std::nullopt;
  for (const auto& row : decimals) {
    auto& values = data.values.emplace_back();
    for (const std::string& decimal : row) {
      values.emplace_back();
      if (decimal.empty()) continue;
      values.back() = scaled(decimal, data.decimals);
      if (!values.back()) return std::nullopt;
    }
  }
  return data;
}

std::string format_scaled(std::int64_t value, int decimals) {
  const bool negative = value < 0;
  std::string digits = std::to_string(negative ? -value : value);
  if (decimals > 0) {
    while (digits.size() <= static_cast<std::size_t>(decimals)) digits.insert(digits.begin(), '0');
    digits.insert(digits.size() - static_cast<std::size_t>(decimals), ".");
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
  }
  return negative ? "-" + digits : digits;
}

}  // namespace grounds
