#include "ingest/table_columns.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace grounds {
namespace {

struct Multiple {
  std::string_view written, base;
  int power;
};
constexpr std::array<Multiple, 23> kMultiples = {{{"万亿元", "元", 12}, {"亿元", "元", 8}, {"千万元", "元", 7}, {"百万元", "元", 6},
                                                  {"万元", "元", 4}, {"千元", "元", 3}, {"亿美元", "美元", 8}, {"万美元", "美元", 4},
                                                  {"亿", "", 8}, {"万", "", 4}, {"千", "", 3}, {"万人", "人", 4}, {"万台", "台", 4}, {"万吨", "吨", 4},
                                                  {"thousand", "", 3}, {"thousands", "", 3}, {"million", "", 6}, {"millions", "", 6},
                                                  {"billion", "", 9}, {"billions", "", 9}, {"in thousands", "", 3}, {"in millions", "", 6}, {"in billions", "", 9}}};
// Units that stand in headers without brackets, or in cells. Longer ones first where one starts another.
constexpr std::array<std::string_view, 24> kUnits = {"人民币", "万元", "亿元", "千元", "美元", "元", "USD", "EUR", "GBP", "CNY", "RMB", "JPY",
                                                     "%", "％", "‰", "天", "人", "台", "个", "件", "kg", "km", "h", "°C"};
constexpr std::array<std::string_view, 8> kCurrencies = {"¥", "￥", "$", "€", "£", "US$", "HK$", "RMB"};

bool starts(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }

bool is_nothing(std::string_view cell) {
  constexpr std::array<std::string_view, 9> kNothing = {"", "-", "–", "—", "--", "n/a", "N/A", "无", "/"};
  return std::find(kNothing.begin(), kNothing.end(), trim(cell)) != kNothing.end();
}

// Year, month and day as ISO 8601 has them, or years and months alone in Chinese.
bool is_date(std::string_view cell) {
  cell = trim(cell);
  const auto digits = [&](std::size_t at, std::size_t count) {
    if (at + count > cell.size()) return false;
    return std::all_of(cell.begin() + static_cast<std::ptrdiff_t>(at), cell.begin() + static_cast<std::ptrdiff_t>(at + count),
                       [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!digits(0, 4)) return false;
  if (cell.size() >= 10 && (cell[4] == '-' || cell[4] == '/') && digits(5, 2) && cell[7] == cell[4] && digits(8, 2)) return true;
  return starts(cell.substr(4), "年") && (cell.find("月") != std::string_view::npos || cell.size() == 7);
}

void set_unit(TableColumn& column, std::string_view unit) {
  unit = trim(unit);
  column.unit = unit;
  column.base = unit;
  column.power = 0;
  for (const Multiple& multiple : kMultiples) {
    if (unit != multiple.written) continue;
    column.base = multiple.base;
    column.power = multiple.power;
  }
}

// "金额（万元）", "Sales [kEUR]", "Weight, kg", "流量/(m³/h)": name and unit.
void split_header(std::string_view header, TableColumn& column) {
  header = trim(header);
  column.name = header;
  for (const auto& [open, close] : std::initializer_list<std::pair<std::string_view, std::string_view>>{{"（", "）"}, {"(", ")"}, {"[", "]"}, {"【", "】"}}) {
    if (!header.ends_with(close)) continue;
    // The bracket that the last one closes: brackets of a unit may hold others.
    int depth = 0;
    for (std::size_t at = header.size() - close.size() + 1; at-- > 0;) {
      if (starts(header.substr(at), close)) ++depth;
      else if (starts(header.substr(at), open) && --depth == 0) {
        if (at == 0) return;
        std::string_view name = trim(header.substr(0, at));
        if (name.ends_with('/') || name.ends_with(',')) name.remove_suffix(1);
        set_unit(column, header.substr(at + open.size(), header.size() - close.size() - at - open.size()));
        column.name = trim(name);
        return;
      }
    }
  }
  for (const std::string_view mark : {", ", "，", "/"}) {
    const std::size_t at = header.rfind(mark);
    if (at == std::string_view::npos || at == 0) continue;
    const std::string_view unit = trim(header.substr(at + mark.size()));
    const bool known = std::find(kUnits.begin(), kUnits.end(), unit) != kUnits.end() ||
                       std::any_of(kMultiples.begin(), kMultiples.end(), [&](const Multiple& m) { return m.written == unit; });
    if (!known) continue;
    set_unit(column, unit);
    column.name = trim(header.substr(0, at));
    return;
  }
}

// "单位：万元" in a caption.
std::string_view caption_unit(std::string_view caption) {
  for (const std::string_view mark : {"单位：", "单位:", "Unit: ", "unit: "}) {
    const std::size_t at = caption.find(mark);
    if (at == std::string_view::npos) continue;
    std::string_view unit = caption.substr(at + mark.size());
    unit = unit.substr(0, unit.find_first_of("\n )],;"));
    for (const std::string_view end : {"）", "，", "；", "】", "。"}) unit = unit.substr(0, unit.find(end));
    return trim(unit);
  }
  // "(in millions)", "Dollars in thousands, except per share".
  for (const std::string_view word : {"in thousands", "in millions", "in billions"}) {
    for (std::size_t at = caption.find('n'); at != std::string_view::npos; at = caption.find('n', at + 1)) {
      const bool capital = at > 0 && caption[at - 1] == 'I';
      if ((capital || (at > 0 && caption[at - 1] == 'i')) && starts(caption.substr(at), word.substr(1))) return word;
    }
  }
  return {};
}

// Four digits that may be a year's: what the table counts in is not said of them.
bool is_year(std::string_view decimal) {
  return decimal.size() == 4 && (starts(decimal, "19") || starts(decimal, "20")) && decimal.find('.') == std::string_view::npos;
}

}  // namespace

std::optional<CellNumber> read_cell_number(std::string_view cell) {
  cell = trim(cell);
  CellNumber number;
  bool negative = false;
  if (cell.size() > 2 && cell.front() == '(' && cell.back() == ')') {
    negative = true;
    cell = trim(cell.substr(1, cell.size() - 2));
  }
  const auto take_sign = [&] {
    for (const std::string_view sign : {"-", "−", "+"}) {
      if (!starts(cell, sign)) continue;
      negative = negative != (sign != "+");
      cell.remove_prefix(sign.size());
      return;
    }
  };
  take_sign();
  for (const std::string_view currency : kCurrencies) {
    if (!starts(cell, currency)) continue;
    number.unit = currency;
    cell = trim(cell.substr(currency.size()));
    take_sign();
    break;
  }
  std::size_t at = 0, group = 0, groups = 0;
  bool point = false;
  std::string digits;
  for (; at < cell.size(); ++at) {
    const char c = cell[at];
    if (c >= '0' && c <= '9') {
      digits += c;
      ++group;
    } else if (c == ',' && !point && group > 0 && at + 1 < cell.size() && cell[at + 1] >= '0' && cell[at + 1] <= '9') {
      if (group > 3 || (groups > 0 && group != 3)) return std::nullopt;
      group = 0;
      ++groups;
    } else if (c == '.' && !point && at + 1 < cell.size() && cell[at + 1] >= '0' && cell[at + 1] <= '9') {
      if (groups > 0 && group != 3) return std::nullopt;
      point = true;
      digits += digits.empty() ? "0." : ".";
    } else {
      break;
    }
  }
  if (digits.empty() || (groups > 0 && !point && group != 3)) return std::nullopt;
  const std::string_view behind = trim(cell.substr(at));
  if (!behind.empty()) {
    const bool known = std::find(kUnits.begin(), kUnits.end(), behind) != kUnits.end() ||
                       std::any_of(kMultiples.begin(), kMultiples.end(), [&](const Multiple& m) { return m.written == behind; });
    if (!known) return std::nullopt;
    number.unit = behind == "％" ? "%" : behind;
  }
  number.decimal = (negative ? "-" : "") + digits;
  return number;
}

bool is_total_row(const std::vector<std::string>& row) {
  constexpr std::array<std::string_view, 14> kWords = {"合计", "总计", "小计", "总和", "共计", "累计", "total", "totals", "subtotal", "sub-total",
                                                       "grand total", "sum", "合 计", "总 计"};
  for (const std::string& cell : row) {
    if (trim(cell).empty()) continue;
    std::string word(trim(cell));
    for (const std::string_view end : {":", "："}) {
      if (word.ends_with(end)) word.resize(word.size() - end.size());
    }
    for (char& c : word) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return std::find(kWords.begin(), kWords.end(), trim(word)) != kWords.end();
  }
  return false;
}

std::vector<TableColumn> table_columns(const Table& table, std::string_view introduction) {
  std::size_t width = table.header.size();
  for (const auto& row : table.rows) width = std::max(width, row.size());
  std::vector<TableColumn> columns(width);
  std::vector<std::size_t> total_label(table.rows.size());  // one more than the column its word stands in; 0: none
  for (std::size_t at = 0; at < table.rows.size(); ++at) {
    const auto& row = table.rows[at];
    if (!is_total_row(row)) continue;
    const auto word = std::find_if(row.begin(), row.end(), [](const std::string& cell) { return !trim(cell).empty(); });
    total_label[at] = static_cast<std::size_t>(word - row.begin()) + 1;
  }
  std::string_view common_unit = caption_unit(table.caption);
  if (common_unit.empty()) common_unit = caption_unit(introduction);
  for (std::size_t i = 0; i < width; ++i) {
    TableColumn& column = columns[i];
    if (i < table.header.size()) split_header(table.header[i], column);
    std::size_t filled = 0, numbers = 0, dates = 0, percents = 0, years = 0;
    std::string unit;
    bool units_agree = true;
    for (std::size_t at = 0; at < table.rows.size(); ++at) {
      const auto& row = table.rows[at];
      if (i >= row.size() || is_nothing(row[i]) || total_label[at] == i + 1) continue;
      ++filled;
      if (is_date(row[i])) ++dates;
      const auto number = read_cell_number(row[i]);
      if (!number) continue;
      ++numbers;
      if (number->unit == "%") ++percents;
      if (number->unit.empty() && is_year(number->decimal)) ++years;
      units_agree = units_agree && (numbers == 1 || number->unit == unit);
      unit = number->unit;
    }
    if (filled == 0) {
      column.type = ColumnType::kEmpty;
    } else if (dates == filled) {
      column.type = ColumnType::kDate;
    } else if (numbers == filled) {
      column.type = percents == filled || column.unit == "%" ? ColumnType::kPercent : ColumnType::kNumber;
      if (column.unit.empty() && units_agree) set_unit(column, unit);
      if (column.unit.empty() && !common_unit.empty() && years < filled) set_unit(column, common_unit);
    } else {
      column.type = ColumnType::kText;
    }
  }
  return columns;
}

}  // namespace grounds
