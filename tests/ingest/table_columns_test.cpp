// Types and units of columns.
#include <doctest/doctest.h>

#include "ingest/table_columns.h"

using namespace grounds;

namespace {

std::string number(std::string_view cell) {
  const auto found = read_cell_number(cell);
  return found ? found->decimal + "|" + found->unit : "none";
}

Table table_of(std::vector<std::string> header, std::vector<std::vector<std::string>> rows, std::string caption = {}) {
  Table table;
  table.header = std::move(header);
  table.rows = std::move(rows);
  table.caption = std::move(caption);
  return table;
}

}  // namespace

TEST_CASE("numbers are read as tables write them") {
  CHECK(number("1,234.50") == "1234.50|");
  CHECK(number("(1,234)") == "-1234|");
  CHECK(number("-¥ 4,800") == "-4800|¥");
  CHECK(number("$-12.5") == "-12.5|$");
  CHECK(number("12.5%") == "12.5|%");
  CHECK(number("12.5％") == "12.5|%");
  CHECK(number("3.2 亿元") == "3.2|亿元");
  CHECK(number(".5") == "0.5|");
  CHECK(number("−7") == "-7|");
}

TEST_CASE("what only looks like a number is none") {
  for (const char* cell : {"", "E-42", "1,23", "12,34,567", "2025-01-31", "1.2.3", "7 and 8", "10:30", "XL-200", "1,2345"}) {
    INFO(cell);
    CHECK(number(cell) == "none");
  }
}

TEST_CASE("a column has the type of all its cells, dashes aside") {
  const auto columns = table_columns(table_of({"日期", "地区", "金额（万元）", "增长", "备注", "Code"},
                                              {{"2025-01-31", "苏州", "1,234.50", "12.5%", "", "7"},
                                               {"2025年2月", "Leeds", "—", "-3%", "-", "7a"}}));
  REQUIRE(columns.size() == 6);
  CHECK(columns[0].type == ColumnType::kDate);
  CHECK(columns[1].type == ColumnType::kText);
  CHECK(columns[2].type == ColumnType::kNumber);
  CHECK(columns[3].type == ColumnType::kPercent);
  CHECK(columns[4].type == ColumnType::kEmpty);
  CHECK(columns[5].type == ColumnType::kText);
}

TEST_CASE("units come from the header, the caption or the cells, with the power of ten they stand for") {
  const auto one = [](std::string header, std::string cell, std::string caption = {}) {
    return table_columns(table_of({std::move(header)}, {{std::move(cell)}}, std::move(caption)))[0];
  };
  const TableColumn sales = one("金额（万元）", "12");
  CHECK(sales.name == "金额");
  CHECK(sales.unit == "万元");
  CHECK(sales.base == "元");
  CHECK(sales.power == 4);
  CHECK(one("Sales (in millions)", "12").power == 6);
  CHECK(one("Weight, kg", "12").unit == "kg");
  CHECK(one("Weight, kg", "12").name == "Weight");
  CHECK(one("流量/(m³/h)", "12").unit == "m³/h");
  CHECK(one("流量/(m³/h)", "12").name == "流量");
  CHECK(one("Margin (%)", "12").type == ColumnType::kPercent);
  CHECK(one("金额", "12", "2025 年销售（单位：亿元）").power == 8);
  CHECK(one("金额", "¥12").unit == "¥");
  CHECK(one("North/South", "12").unit == "");
  CHECK(one("(note)", "12").name == "(note)");
}

TEST_CASE("a row of totals is known, and its word does not make a text of a column of dates") {
  const Table table = table_of({"日期", "金额"}, {{"2025-01-31", "12"}, {"2025-02-28", "30"}, {"合计", "42"}});
  CHECK(table_columns(table)[0].type == ColumnType::kDate);
  CHECK(table_columns(table)[1].type == ColumnType::kNumber);
  CHECK(is_total_row(table.rows[2]));
  CHECK(!is_total_row(table.rows[1]));
  CHECK(is_total_row({"", "Grand total:", "7"}));
  CHECK(!is_total_row({"Total Energies", "7"}));
  CHECK(!is_total_row({"", ""}));
}
