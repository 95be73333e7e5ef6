// CSV and TSV: RFC 4180, and what spreadsheet programs make of it.
#include <doctest/doctest.h>

#include <random>

#include "ingest/parsers/delimited.h"
#include "tests/ingest/support/extracts.h"

using namespace grounds;
using grounds::testing::parse;
using grounds::testing::parse_error;
using Lines = std::vector<std::string>;

TEST_CASE("a CSV file is one table: its first record the header, a line a row") {
  const Extract extract = parse("sales.csv", "Region,Month,Revenue\r\nNorth,2024-01,\"1,204\"\r\nSouth,2024-01,987\r\n");
  CHECK(extract.text == "Region | Month | Revenue\nNorth | 2024-01 | 1,204\nSouth | 2024-01 | 987");
  CHECK(extract.tables[0].header == Lines{"Region", "Month", "Revenue"});
  CHECK(extract.tables[0].rows[0] == Lines{"North", "2024-01", "1,204"});
  CHECK(extract.title == "");
}

TEST_CASE("quoted fields hold delimiters, line breaks and doubled quotes") {
  const Extract extract = parse("a.csv", "Name,Note\n\"Wu, Li\",\"said \"\"no\"\"\nand 离\n开\"\n");
  CHECK(extract.tables[0].rows[0] == Lines{"Wu, Li", "said \"no\" and 离开"});
  CHECK(extract.text == "Name | Note\nWu, Li | said \"no\" and 离开");
}

TEST_CASE("the delimiter is found out: comma, semicolon, tab or bar") {
  for (const char delimiter : {',', ';', '\t', '|'}) {
    std::string text;
    for (const auto* row : {"Part;Name;Price", "P-1;Pump, small;1,5", "P-2;Valve;2,5"}) {
      std::string line = row;
      if (delimiter == ',') line = std::string(row).substr(0, 4) + ";b;c";
      for (char& c : line) c = c == ';' ? delimiter : c;
      text += line + "\n";
    }
    CHECK(parsing::detect_delimiter(text) == delimiter);
  }
  CHECK(parse("a.csv", "sep=|\nA|B\n1|2\n").tables[0].header == Lines{"A", "B"});
  CHECK(parse("a.tsv", "A\tB,C\n1\t2\n").tables[0].header == Lines{"A", "B,C"});
}

TEST_CASE("a table of numbers has no header, years may head columns") {
  CHECK(parse("a.csv", "1,2\n3,4\n").tables[0].header.empty());
  CHECK(parse("a.csv", "Region,2023,2024\nNorth,10,20\n").tables[0].header == Lines{"Region", "2023", "2024"});
}

TEST_CASE("a line above the header is the table's caption and the title") {
  const Extract extract = parse("a.csv", "2024年销售额（万元）,,\n地区,一月,二月\n华东,10,20\n");
  CHECK(extract.title == "2024年销售额（万元）");
  CHECK(extract.tables[0].caption == "2024年销售额（万元）");
  CHECK(extract.tables[0].header == Lines{"地区", "一月", "二月"});
}

TEST_CASE("rows of differing length and empty lines are kept as far as they say something") {
  const Extract extract = parse("a.csv", "A,B,C\n1,2\n\n,,\n1,2,3,4\n");
  REQUIRE(extract.tables[0].rows.size() == 2);
  CHECK(extract.tables[0].rows[0] == Lines{"1", "2"});
  CHECK(extract.tables[0].rows[1] == Lines{"1", "2", "3", "4"});
}

TEST_CASE("a quote that is never closed costs the quoting, not the document") {
  const Extract extract = parse("a.csv", "Name,Size\nPump,\"5 inch\nValve,3\n");
  CHECK(extract.tables[0].rows.size() == 2);
  REQUIRE(extract.warnings.size() == 1);
  CHECK(extract.warnings[0] == "the quoted field in the record at line 2 does not end; quotes were read as ordinary characters");
}

TEST_CASE("a GBK file from a spreadsheet is read") {
  const Extract extract = parse("a.csv", "\xB5\xD8\xC7\xF8,\xCF\xFA\xCA\xDB\xB6\xEE\n\xBB\xAA\xB6\xAB,100\n");
  CHECK(extract.text == "地区 | 销售额\n华东 | 100");
}

TEST_CASE("more cells than a document may have are refused") {
  CHECK(parse_error("a.csv", std::string(9'000'000, ',')).find("more than 8000000 cells") != std::string::npos);
}

TEST_CASE("any records are read back from their RFC 4180 form") {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const std::string alphabet = "ab,;\"\n\t |é年 1";
    parsing::Records records;
    std::string text;
    for (unsigned r = random() % 8 + 1; r > 0; --r) {
      std::vector<std::string> record;
      for (unsigned c = random() % 5 + 2; c > 0; --c) {
        std::string cell;
        for (unsigned n = random() % 6; n > 0; --n) cell += alphabet[random() % 7];
        std::string quoted = "\"";
        for (const char ch : cell) quoted += ch == '"' ? std::string("\"\"") : std::string(1, ch);
        text += (record.empty() ? "" : ",") + quoted + "\"";
        record.push_back(cell);
      }
      text += "\n";
      records.push_back(record);
    }
    const auto read = parsing::read_records(text, ',');
    REQUIRE(read.has_value());
    CHECK(*read == records);
  }
}
