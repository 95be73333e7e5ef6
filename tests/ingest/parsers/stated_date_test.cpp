// Dates that documents state for themselves.
#include <doctest/doctest.h>

#include "ingest/parsers/stated_date.h"
#include "tests/ingest/support/extracts.h"

using namespace grounds;
using grounds::testing::parse;
using parsing::leading_date;

TEST_CASE("dates are read in unambiguous forms only") {
  for (const char* text : {"2025-03-01", "2025/3/1", "2025.03.01", "2025年3月1日", "2025 年 3 月 1 日", "1 March 2025",
                           "1st Mar 2025", "March 1, 2025", "Mar. 1st, 2025", "Sat, 1 Mar 2025 10:00:00 +0800",
                           "2025-03-01T23:00:00Z", "Saturday, March 1, 2025"}) {
    INFO(text);
    CHECK(leading_date(text) == "2025-03-01");
  }
  for (const char* text : {"03/04/2025", "01.03.2025", "2025-13-01", "2025-02-29", "March 2025", "2025", "12025-03-01",
                           "2025.3.1.4", "1 Foo 2025", "", "v2025-03-01"}) {
    INFO(text);
    CHECK(leading_date(text) == "");
  }
}

TEST_CASE("a labelled date in a line of its own is the document's") {
  CHECK(parse("a.md", "# Policy\n\nEffective: 2025-03-01\n\nText.\n").date == "2025-03-01");
  CHECK(parse("a.md", "# Policy\n\n**Effective date:** March 1, 2025\n").date == "2025-03-01");
  CHECK(parse("a.md", "# 制度\n\n- 生效日期：2025年3月1日\n").date == "2025-03-01");
  CHECK(parse("a.md", "| Key | Value |\n|---|---|\n| Effective date | 2025-03-01 |\n").date == "2025-03-01");
}

TEST_CASE("the date of taking effect goes before others, wherever it stands") {
  CHECK(parse("a.md", "Last updated: 2025-06-01\n\nDate: 2025-05-01\n\nEffective: 2025-03-01\n").date == "2025-03-01");
  CHECK(parse("a.md", "Last updated: 2025-06-01\n\nPublished: 2025-05-01\n").date == "2025-05-01");
}

TEST_CASE("a date is found where offices write it") {
  CHECK(parse("a.md", "# Policy\n\nVersion 3, effective 15 July 2025. Owner: T. Reyes.\n").date == "2025-07-15");
  CHECK(parse("a.md", "# 制度\n\n文件编号：RL-11　　生效日期：2025 年 1 月 1 日　　归口部门：人力资源部\n").date == "2025-01-01");
  CHECK(parse("a.md", "# 办法\n\n内容。\n\n第十条　本办法自2025年2月1日起施行。\n").date == "2025-02-01");
  CHECK(parse("a.md", "# 纪要\n\n时间：2025 年 6 月 5 日 14:00　　地点：苏州\n").date == "2025-06-05");
  CHECK(parse("a.md", "# Product council, 12 November 2024\n\nPresent: all.\n").date == "2024-11-12");
  CHECK(parse("a.md", "# Quality review\n\n18 March 2025, Suzhou and by video.\n").date == "2025-03-18");
  CHECK(parse("a.html", "<h1>FAQ</h1><p>Text.</p><footer>Accounts payable. Updated 3 June 2025.</footer>").date == "2025-06-03");
}

TEST_CASE("dates in running text are not the document's") {
  CHECK(parse("a.md", "The price changed on 2025-03-01. Updated prices follow.\n").date == "");
  CHECK(parse("a.md", "Dates: 2025-03-01\n").date == "");
  CHECK(parse("a.md", "Superseded on 1 April 2025 by the next version.\n").date == "");
  CHECK(parse("a.md", "# T\n\nText.\n\n## History, 1 May 2020\n\nOld.\n").date == "");
  CHECK(parse("a.md", "自 2025 年 5 月 1 日起由新版替代。\n").date == "");
}
