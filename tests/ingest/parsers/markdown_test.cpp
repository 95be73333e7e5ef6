// Markdown: what a reader sees of it, block by block.
#include <doctest/doctest.h>

#include "tests/ingest/support/extracts.h"

using namespace grounds;
using grounds::testing::describe_blocks;
using grounds::testing::parse;
using grounds::testing::parse_error;
using Lines = std::vector<std::string>;

TEST_CASE("headings, paragraphs, lists, code and quotes become blocks in order") {
  const Extract extract = parse("a.md",
                                "# Title\n\nSome *soft*\nwrapped **text** with a [link](http://x.y) and `code`.\n\n"
                                "- one\n- two\n  - nested\n\n3. three\n4. four\n\n> quoted\n\n```sh\nls  -l\n\n  cd\n```\n");
  CHECK(describe_blocks(extract) ==
        Lines{"heading:1 Title", "paragraph Some soft wrapped text with a link and code.", "list_item - one",
              "list_item - two", "list_item - nested", "list_item 3. three", "list_item 4. four", "quote quoted",
              "code ls  -l\n\n  cd"});
  CHECK(extract.text ==
        "Title\n\nSome soft wrapped text with a link and code.\n\n- one\n- two\n- nested\n3. three\n4. four\n\n"
        "quoted\n\nls  -l\n\n  cd");
  CHECK(extract.blocks[4].level == 2);
  CHECK(extract.title == "Title");
  CHECK(extract.parser == "markdown/1");
}

TEST_CASE("a line break inside a Chinese paragraph stands for nothing") {
  const Extract extract = parse("a.md", "员工每年可以\n享受年假，\n具体见 Handbook\n第三章。\n多行 English\ntext\n");
  CHECK(extract.text == "员工每年可以享受年假，具体见 Handbook 第三章。多行 English text");
}

TEST_CASE("a space that was typed between Chinese words stays") {
  CHECK(parse("a.md", "张三 李四").text == "张三 李四");
}

TEST_CASE("tables keep header, rows and cells, and stand in the text as lines") {
  const Extract extract = parse("a.md",
                                "| Region | Q1 | Note |\n|---|--:|---|\n| North | 1,204 | a \\| b |\n"
                                "| 华东 | | 换<br>行 |\n");
  CHECK(extract.text == "Region | Q1 | Note\nNorth | 1,204 | a | b\n华东 |  | 换行");
  REQUIRE(extract.tables.size() == 1);
  const Table& table = extract.tables[0];
  CHECK(table.header == Lines{"Region", "Q1", "Note"});
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0] == Lines{"North", "1,204", "a | b"});
  CHECK(table.rows[1] == Lines{"华东", "", "换行"});
  CHECK(extract.text.substr(table.header_begin, table.header_end) == "Region | Q1 | Note");
  const auto [begin, end] = table.row_spans[1];
  CHECK(extract.text.substr(begin, end - begin) == "华东 |  | 换行");
}

TEST_CASE("tables are tables with short delimiter rows too, and directly below a paragraph") {
  const Extract extract = parse("a.md", "As follows:\n|A|B|\n|-|:-:|\n|1|2|\n\nText\n");
  CHECK(describe_blocks(extract) == Lines{"paragraph As follows:", "table A | B\n1 | 2", "paragraph Text"});
  CHECK(parse("a.md", "A | B\n-|--\n1 | 2\n").tables.size() == 1);
  CHECK(parse("a.md", "1. item\n\n   |A|B|\n   |-|-|\n   |1|2|\n").tables.size() == 1);
}

TEST_CASE("what only looks like a table's delimiter row stays as it is") {
  CHECK(parse("a.md", "```\n|A|B|\n|-|-|\n```\n").text == "|A|B|\n|-|-|");
  CHECK(parse("a.md", "a | b | c\n-|-\n").text == "a | b | c -|-");
}

TEST_CASE("front matter gives title and date and is not part of the text") {
  const Extract extract = parse("a.md",
                                "---\ntitle: \"Leave \\\"policy\\\"\"\naliases: ['/a/']\ndate: 2025-03-01\n"
                                "tags:\n  - title: no\n---\n\n# Leave\n\nText.\n");
  CHECK(extract.title == "Leave \"policy\"");
  CHECK(extract.date == "2025-03-01");
  CHECK(extract.text == "Leave\n\nText.");
}

TEST_CASE("a date of taking effect goes before the page's own") {
  CHECK(parse("a.md", "---\nupdated: 2025-05-05\neffective_date: 2025-01-01\ndate: 2024-01-01\n---\nx\n").date == "2025-01-01");
  CHECK(parse("a.md", "+++\ntitle = 'T'\ndate = 2023-10-05T10:00:00Z\n+++\nx\n").date == "2023-10-05");
}

TEST_CASE("two rules with text between them are no front matter") {
  const Extract extract = parse("a.md", "---\nNothing to see\n---\n\nText.\n");
  CHECK(extract.text.find("Nothing to see") != std::string::npos);
}

TEST_CASE("HTML blocks are read as HTML, inline tags are dropped, comments and scripts leave no trace") {
  const Extract extract = parse("a.md",
                                "# T\n\n<table><thead><tr><th>A</th><th>B</th></tr></thead>"
                                "<tr><td>1</td><td>2</td></tr></table>\n\n<!-- note -->\n\n<script>x()</script>\n\n"
                                "A<sup>2</sup> &copy; &lt;b&gt; <kbd>Ctrl</kbd>&nbsp;C<br/>next\n");
  CHECK(describe_blocks(extract) ==
        Lines{"heading:1 T", "table A | B\n1 | 2", "paragraph A2 © <b> Ctrl C\nnext"});
  CHECK(extract.tables[0].header == Lines{"A", "B"});
}

TEST_CASE("anchors after a heading are not part of it") {
  CHECK(parse("a.md", "## Install it {#install-it}\n\nx").text == "Install it\n\nx");
  CHECK(parse("a.md", "## Use {braces}\n\nx").text == "Use {braces}\n\nx");
}

TEST_CASE("a document whose first block is a heading has that as its title, another has none") {
  CHECK(parse("a.md", "## Second level\n\nx\n").title == "Second level");
  CHECK(parse("a.md", "Text.\n\n## Later\n").title == "");
  CHECK(parse("a.md", "## First\n\n# Main\n").title == "Main");
}

TEST_CASE("deep nesting of lists and quotes is read, or refused, but ends") {
  std::string quotes(20'000, '>');
  CHECK(parse("a.md", quotes + " deep").text == "deep");
  std::string lists;
  for (int i = 0; i < 300; ++i) lists += std::string(static_cast<std::size_t>(i) * 2, ' ') + "- x\n";
  CHECK(parse("a.md", lists).blocks.size() > 10);
}

TEST_CASE("a table whose short rows would fill up to billions of cells is refused at the bound, not at the processor's") {
  std::string table, row;
  for (int i = 0; i < 500'000; ++i) table += "|h";
  table += "|\n";
  for (int i = 0; i < 500'000; ++i) table += "|-";
  table += "|\n";
  const std::string wide = table;
  for (int i = 0; i < 5'000; ++i) table += "|x|\n";
  CHECK(parse_error("a.md", table) == "the document is too large: its tables have more than 8000000 cells");
  CHECK(parse("a.md", wide).tables.size() == 1);
}
