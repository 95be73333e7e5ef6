// HTML: the visible content of a page.
#include <doctest/doctest.h>

#include "tests/ingest/support/extracts.h"

using namespace grounds;
using grounds::testing::describe_blocks;
using grounds::testing::parse;
using grounds::testing::parse_error;
using Lines = std::vector<std::string>;

TEST_CASE("title, headings, paragraphs, lists, quotes and code of a page become blocks") {
  const Extract extract = parse("a.html",
                                "<!doctype html><html><head><title> Acme \n Handbook </title></head><body>"
                                "<h1>Leave</h1><p>Ask <b>early</b>,\nplease.<br>Thanks.</p><ul><li>one<li>two<ol start=4>"
                                "<li>four</ol></ul><blockquote><p>Said.</p></blockquote><pre>a  b\n  c</pre>"
                                "<dl><dt>Term<dd>Meaning</dl>loose <i>text</i><div>block</div></body></html>");
  CHECK(extract.title == "Acme Handbook");
  CHECK(describe_blocks(extract) ==
        Lines{"heading:1 Leave", "paragraph Ask early, please.\nThanks.", "list_item - one", "list_item - two",
              "list_item 4. four", "quote Said.", "code a  b\n  c", "paragraph Term", "paragraph Meaning",
              "paragraph loose text", "paragraph block"});
}

TEST_CASE("what a reader does not see is left out") {
  const Extract extract = parse("a.html",
                                "<body><nav>Menu</nav><script>s()</script><style>p{}</style><p hidden>h</p>"
                                "<p style='color:red; display: none'>d</p><div aria-hidden='true'>i</div>"
                                "<template><p>t</p></template><!-- c --><p>seen</p><noscript>n</noscript></body>");
  CHECK(extract.text == "seen");
}

TEST_CASE("tables keep their header, merged cells are repeated, captions stay") {
  const Extract extract = parse("a.html",
                                "<table><caption>Sales (万元)</caption><thead><tr><th rowspan=2>Region</th><th colspan=2>2024</th></tr>"
                                "<tr><th>Q1</th><th>Q2</th></tr></thead><tbody><tr><td rowspan=2>North</td><td>1</td><td>2</td></tr>"
                                "<tr><td>3</td><td>4<ul><li>x</li></ul></td></tr></tbody></table>");
  REQUIRE(extract.tables.size() == 1);
  const Table& table = extract.tables[0];
  CHECK(table.caption == "Sales (万元)");
  CHECK(table.header == Lines{"Region", "2024 Q1", "2024 Q2"});
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[1] == Lines{"North", "3", "4 x"});
  CHECK(describe_blocks(extract)[0] == "paragraph Sales (万元)");
}

TEST_CASE("a first row of header cells is the header without a thead, a column of them is not") {
  const Extract with = parse("a.html", "<table><tr><th>A<th>B<tr><td>1<td>2</table>");
  CHECK(with.tables[0].header == Lines{"A", "B"});
  const Extract without = parse("a.html", "<table><tr><th>A<td>1<tr><th>B<td>2</table>");
  CHECK(without.tables[0].header.empty());
  CHECK(without.tables[0].rows[1] == Lines{"B", "2"});
}

TEST_CASE("a line break inside a cell does not split a Chinese word") {
  const Extract extract = parse("a.html", "<table><tr><th>项目<th>说明<tr><td>年\n假<td>按工<br>龄计算</table>");
  CHECK(extract.tables[0].rows[0] == Lines{"年假", "按工龄计算"});
}

TEST_CASE("tables that only arrange a page are no tables") {
  const Extract extract = parse("a.html",
                                "<table><tr><td><h2>Left</h2></td><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>");
  CHECK(describe_blocks(extract) == Lines{"heading:2 Left", "table a | b"});
}

TEST_CASE("the page's date comes from its meta elements, the date of taking effect first") {
  CHECK(parse("a.html", "<meta property='article:published_time' content='2024-05-06T10:00:00Z'><p>x").date == "2024-05-06");
  CHECK(parse("a.html", "<meta name=date content='2024-05-06'><meta name='effective-date' content='2024-07-01'><p>x").date == "2024-07-01");
}

TEST_CASE("a page in a declared encoding is read in it") {
  // "<meta charset=gb2312>" and, in GBK, "年假" and the character U+9555 that GB2312 lacks.
  const Extract extract = parse("a.html", "<meta charset=\"gb2312\"><p>\xC4\xEA\xBC\xD9\xE9\x46</p>");
  CHECK(extract.text.starts_with("年假"));
  CHECK(extract.warnings == Lines{"read as GB18030"});
  CHECK(parse("b.html", "<?xml version='1.0' encoding='windows-1251'?><p>\xCF\xF0\xE8\xE2\xE5\xF2</p>").text == "Привет");
}

TEST_CASE("a page that nests without end is refused with the reason") {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<div>";
  CHECK(parse_error("a.html", deep + "x") == "the page nests elements more than 4000 deep");
  std::string fonts;
  for (int i = 0; i < 200'000; ++i) fonts += "<font size=" + std::to_string(i) + ">";
  CHECK(parse_error("a.html", fonts + "x") == "the page nests elements more than 4000 deep");
}

TEST_CASE("an element with attributes without end is refused, one with a long value is not") {
  std::string many = "<p ";
  for (int i = 0; i < 200'000; ++i) many += "a" + std::to_string(i) + "=1 ";
  CHECK(parse_error("a.html", many + ">x") == "the page has an element with more than 4000 attributes");
  std::string words = "<p title='";
  for (int i = 0; i < 10'000; ++i) words += "word ";
  CHECK(parse("a.html", words + "'>x</p>").text == "x");
}

TEST_CASE("pages that leave elements open as HTML allows are not deep") {
  std::string page = "<ul>";
  for (int i = 0; i < 10'000; ++i) page += "<li><p>item<br>";
  CHECK(parse("a.html", page).blocks.size() == 10'000);
}

TEST_CASE("a few thousand levels are walked without running out of stack") {
  std::string page;
  for (int i = 0; i < 3'900; ++i) page += "<div>";
  CHECK(parse("a.html", page + "deep").text == "deep");
}

TEST_CASE("a character reference of more digits than integers hold is one unknown character, and ends nothing") {
  for (const std::string reference : {"&#2830113011;", "&#4294967295;", "&#x100000041;", "&#18446744073709551681;", "&#99999999999999999999999999"}) {
    CAPTURE(reference);
    for (const std::string& page : {"<title>a" + reference + "</title><p>b", "<h1>a" + reference + "</h1><p>b", "<pre>a" + reference + "</pre>b",
                                    "<img alt='a" + reference + "'>b", "<table><tr><th>a" + reference + "<td>b</table>"}) {
      CAPTURE(page);
      const Extract extract = parse("a.html", page);
      CHECK((extract.title + extract.text).find("a\uFFFD") != std::string::npos);
      CHECK(extract.text.find('b') != std::string::npos);
    }
    CHECK(parse("a.md", "a" + reference.substr(0, reference.find(';')) + ";b\n").text.find('b') != std::string::npos);
  }
  // Zeros in front are no digits too many.
  CHECK(parse("a.html", "<p>&#0000000000065;&#x00000000042;&#1114111;c").text == "AB\U0010FFFFc");
}

TEST_CASE("a table that spans more cells than a document may have is refused") {
  std::string page = "<table>";
  for (int i = 0; i < 20; ++i) {
    page += "<tr>";
    for (int j = 0; j < 1000; ++j) page += "<td colspan=1000>x";
  }
  CHECK(parse_error("a.html", page).find("its tables have more than 8000000 cells") != std::string::npos);
}

TEST_CASE("many elements that are each within bounds are refused where together they would take minutes") {
  std::string deep, wide = "<p ";
  for (int i = 0; i < 3'000; ++i) deep += "<div>";
  deep += "x";
  for (int i = 0; i < 3'000; ++i) deep += "</div>";
  for (int i = 0; i < 3'000; ++i) wide += "a" + std::to_string(i) + " ";
  wide += ">x";
  std::string many_deep, many_wide;
  for (int i = 0; i < 400; ++i) many_deep += deep;
  for (int i = 0; i < 200; ++i) many_wide += wide;
  const std::string reason = "the page nests its elements so deeply, or gives them so many attributes, that reading it would take too long";
  CHECK(parse_error("a.html", many_deep) == reason);
  CHECK(parse_error("a.html", many_wide) == reason);
  CHECK(parse("a.html", deep).text == "x");
}
