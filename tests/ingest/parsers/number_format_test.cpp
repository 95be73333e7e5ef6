// Numbers as spreadsheets show them. Expected values are Excel's, but for dates, which become ISO 8601, and
// negative numbers, which keep a minus sign.
#include <doctest/doctest.h>

#include "ingest/parsers/number_format.h"

using grounds::parsing::NumberFormat;
using grounds::parsing::general_number;

namespace {

std::string shown(const char* code, double value) { return NumberFormat(code).format(value, false); }

}  // namespace

TEST_CASE("general numbers have at most 15 digits and no more than they need") {
  CHECK(general_number(0.1 + 0.2) == "0.3");
  CHECK(general_number(1234567) == "1234567");
  CHECK(general_number(-0.0) == "0");
  CHECK(general_number(1e21) == "1e+21");
  CHECK(NumberFormat().format(2.5, false) == "2.5");
}

TEST_CASE("decimals, groups, percent and scale are applied, halves rounded away from zero") {
  CHECK(shown("0.00", 3.14159) == "3.14");
  CHECK(shown("0", 2.5) == "3");
  CHECK(shown("0.00", 1.005) == "1.01");
  CHECK(shown("0.0", 0.25) == "0.3");
  CHECK(shown("#,##0", 1234567.4) == "1,234,567");
  CHECK(shown("#,##0", 999) == "999");
  CHECK(shown("0.0%", 0.1234) == "12.3%");
  CHECK(shown("#,##0,", 1234567) == "1,235");
  CHECK(shown("0.00E+00", 12345) == "1.23E+04");
}

TEST_CASE("negative numbers keep a minus sign, and a zero may have text of its own") {
  CHECK(shown("#,##0.00;[Red]\\(#,##0.00\\)", -1234.5) == "-1,234.50");
  CHECK(shown("#,##0;-#,##0;\"-\"", 0) == "-");
  CHECK(shown("0.00", -0.001) == "0.00");
}

TEST_CASE("text around the number stays") {
  CHECK(shown("\"¥\"#,##0.00", 4800) == "¥4,800.00");
  CHECK(shown("0.0\"万元\"", 12.34) == "12.3万元");
  CHECK(shown("[$€-407] #,##0", 1200) == "€ 1,200");
}

TEST_CASE("dates and times become ISO 8601, whatever their format's order") {
  CHECK(shown("m/d/yyyy", 45688) == "2025-01-31");
  CHECK(shown("yyyy\"年\"m\"月\"d\"日\"", 45688) == "2025-01-31");
  CHECK(shown("yyyy-mm-dd h:mm", 45688.604166666664) == "2025-01-31 14:30");
  CHECK(shown("h:mm:ss", 0.5) == "12:00:00");
  CHECK(shown("[h]:mm", 1.125) == "27:00");
  CHECK(NumberFormat::built_in(14).format(1, false) == "1900-01-01");
  CHECK(NumberFormat::built_in(14).format(59, false) == "1900-02-28");
  CHECK(NumberFormat::built_in(14).format(61, false) == "1900-03-01");
  CHECK(NumberFormat::built_in(14).format(0, true) == "1904-01-01");
  CHECK(NumberFormat::built_in(14).format(-1, false) == "-1");
}

TEST_CASE("words with the letters of dates in quotes make no date") {
  CHECK_FALSE(NumberFormat("0.00\" days\"").is_date());
  CHECK(shown("0\" days\"", 3) == "3 days");
  CHECK_FALSE(NumberFormat("[Red]0.00").is_date());
  CHECK(NumberFormat("[$-804]yyyy/m/d").is_date());
}
