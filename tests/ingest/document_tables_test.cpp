// From a parsed document, stored and read back, to the tables that questions are computed over.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "ingest/document_tables.h"
#include "ingest/parsers/parse.h"

using namespace grounds;

namespace {

// As the workspace gives it back: text and map apart, and put together again.
Extract stored(std::string_view name, std::string_view bytes) {
  const auto extract = parse_document(name, bytes);
  REQUIRE(extract.has_value());
  auto back = Extract::from_parts(extract->text, extract->map_to_json());
  REQUIRE(back.has_value());
  return std::move(*back);
}

std::string sample(const std::string& name) {
  std::ifstream file("samples/formats/" + name, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace

TEST_CASE("a table is had with its rows, columns, headings and introduction") {
  const Extract extract = stored("a.md",
                                 "# 销售\n\n## 2025 年\n\n单位：万元\n\n| 年份 | 地区 | 金额 |\n|---|---|---|\n| 2024 | 苏州 | 1,200 |\n"
                                 "| 2025 | Leeds | 80 |\n\n## Other\n\n| A | B |\n|---|---|\n| 1 | x |\n");
  const auto tables = document_tables(extract);
  REQUIRE(tables.size() == 2);
  CHECK(tables[0].heading_path == std::vector<std::string>{"销售", "2025 年"});
  CHECK(tables[0].introduction == "单位：万元");
  REQUIRE(tables[0].columns.size() == 3);
  CHECK(tables[0].columns[0].unit == "");  // years are not counted in 万元
  CHECK(tables[0].columns[2].unit == "万元");
  CHECK(tables[0].columns[2].power == 4);
  CHECK(tables[0].table->rows[1] == std::vector<std::string>{"2025", "Leeds", "80"});
  const auto [begin, end] = tables[0].table->row_spans[1];
  CHECK(extract.text.substr(begin, end - begin) == "2025 | Leeds | 80");
  CHECK(extract.text.substr(tables[0].begin, 6) == "年份");
  CHECK(tables[1].heading_path == std::vector<std::string>{"销售", "Other"});
  CHECK(tables[1].introduction == "");
  CHECK(tables[1].columns[0].unit == "");
}

TEST_CASE("what a table counts in may stand before it in English, too") {
  const auto unit_of = [](std::string introduction) {
    Table table;
    table.header = {"Region", "Sales"};
    table.rows = {{"Leeds", "12"}};
    return table_columns(table, introduction)[1].power;
  };
  CHECK(unit_of("(In millions, except per share data)") == 6);
  CHECK(unit_of("Dollars in thousands") == 3);
  CHECK(unit_of("Sales rose in May.") == 0);
}

TEST_CASE("a workbook's tables name their sheet, by name and number") {
  const Extract extract = stored("sales.xlsx", sample("sales.xlsx"));
  const auto tables = document_tables(extract);
  REQUIRE(!tables.empty());
  for (const DocumentTable& table : tables) {
    CHECK(table.page > 0);
    CHECK(!table.heading_path.empty());
    CHECK(table.columns.size() >= table.table->header.size());
    for (std::size_t row = 0; row < table.table->rows.size(); ++row) {
      const auto [begin, end] = table.table->row_spans[row];
      CHECK(begin >= table.begin);
      CHECK(end <= table.end);
    }
  }
}

TEST_CASE("every sample with a table gives it back, cell by cell, from what is stored") {
  std::size_t cells = 0;
  for (const char* name : {"contract.docx", "launch.pptx", "stock.ods", "prices-gbk.csv", "parts.dbf", "sales.xls", "parts.json"}) {
    INFO(name);
    const auto fresh = parse_document(name, sample(name));
    REQUIRE(fresh.has_value());
    const Extract extract = stored(name, sample(name));
    const auto tables = document_tables(extract);
    CHECK(!tables.empty());
    REQUIRE(extract.tables.size() == fresh->tables.size());
    for (std::size_t i = 0; i < tables.size(); ++i) {
      CHECK(tables[i].table->header == fresh->tables[i].header);
      CHECK(tables[i].table->rows == fresh->tables[i].rows);
      for (const auto& row : tables[i].table->rows) cells += row.size();
    }
  }
  CHECK(cells > 40);
}
