// Plain text: paragraphs, wrapped lines, headings by their look, mails.
#include <doctest/doctest.h>

#include "tests/ingest/support/extracts.h"

using namespace grounds;
using grounds::testing::describe_blocks;
using grounds::testing::parse;
using Lines = std::vector<std::string>;

TEST_CASE("blank lines part paragraphs and other line ends stay") {
  CHECK(describe_blocks(parse("a.txt", "Name: Wu\nRoom: 12\n\n\n  Second   paragraph.\n")) ==
        Lines{"paragraph Name: Wu\nRoom: 12", "paragraph Second paragraph."});
}

TEST_CASE("lines that were wrapped to a width are joined again") {
  const Extract extract = parse("a.txt",
                                "This paragraph was wrapped by an editor at about seventy columns, so\n"
                                "that its sentences run over line ends without any meaning. The last\n"
                                "line is short.\n");
  CHECK(extract.text ==
        "This paragraph was wrapped by an editor at about seventy columns, so that its sentences run over line "
        "ends without any meaning. The last line is short.");
}

TEST_CASE("wrapped Chinese lines are joined without a space, lists of short lines are not") {
  CHECK(parse("a.txt", "员工应当在每年的十二月三十一日之前休完当年的全部带薪年\n假，逾期未休的部分可以结转至下一年度的第一季度之内使\n用。\n").text ==
        "员工应当在每年的十二月三十一日之前休完当年的全部带薪年假，逾期未休的部分可以结转至下一年度的第一季度之内使用。");
  CHECK(parse("a.txt", "姓名 张三\n部门 研发\n").text == "姓名 张三\n部门 研发");
}

TEST_CASE("lines shorter than the document is wrapped to, indented or set in columns stay lines") {
  const Extract extract = parse("a.txt",
                                "This paragraph was wrapped by an editor at about seventy columns, so\n"
                                "that its sentences run over line ends without any meaning. The last\n"
                                "line is short.\n\n"
                                "A line of forty columns, ended on purpose\nAnother one that was ended on purpose too\n\n"
                                "An introduction that is about as long as lines are wrapped to here\n"
                                "    and an example that is indented below it, as long as the others\n\n"
                                "Pump P-200, with the long name of a part       12 pieces in stock\n"
                                "Valve V-7, with the long name of a part        40 pieces in stock\n");
  REQUIRE(extract.blocks.size() == 4);
  for (std::size_t i = 1; i < 4; ++i) {
    const Block& block = extract.blocks[i];
    CHECK(extract.text.substr(block.begin, block.end - block.begin).find('\n') != std::string::npos);
  }
}

TEST_CASE("Chinese paragraphs that start with an indentation are blocks of their own") {
  CHECK(parse("a.txt", "　　第一段。\n　　第二段。\n").blocks.size() == 2);
}

TEST_CASE("lines that start with a bullet or number are list items") {
  CHECK(describe_blocks(parse("a.txt", "To do:\n- one\n- two\n  continued\n1. first\n（二）第二\n")) ==
        Lines{"paragraph To do:", "list_item - one", "list_item - two\ncontinued", "list_item 1. first", "list_item （二）第二"});
}

TEST_CASE("headings are known by an underline, a chapter, a section number, or capitals") {
  const Extract extract = parse("a.txt",
                                "Travel policy\n=============\nIntro.\n\nSCOPE\n\nAll staff.\n\n第二章 报销\n\n内容。\n\n1.2 Rates\n\nx.\n");
  CHECK(describe_blocks(extract) ==
        Lines{"heading:1 Travel policy", "paragraph Intro.", "heading:2 SCOPE", "paragraph All staff.",
              "heading:1 第二章 报销", "paragraph 内容。", "heading:2 1.2 Rates", "paragraph x."});
  CHECK(extract.title == "Travel policy");
}

TEST_CASE("a single first line that is no sentence is the title") {
  CHECK(parse("a.txt", "Minutes of the board\n\nWe met.\n").title == "Minutes of the board");
  CHECK(parse("a.txt", "We met on Monday.\n\nAgain.\n").title == "");
  CHECK(parse("a.txt", "Only a line").title == "");
  const Extract glossary = parse("a.txt", "Glossary / 术语表\nMaintained by the office. Last change: 19 January 2026.\n\nText.\n");
  CHECK(glossary.title == "Glossary / 术语表");
  CHECK(glossary.date == "2026-01-19");
}

TEST_CASE("a mail's header is one block that gives title and date") {
  const Extract extract = parse("mail.txt",
                                "From: Li Wei <li@acme.example>\nTo: all@acme.example\nDate: Mon, 3 Mar 2025 23:30:00 -0800\n"
                                "Subject: Pump recall,\n second notice\n\nDear all,\n\nplease stop.\n");
  CHECK(describe_blocks(extract) ==
        Lines{"mail_header From: Li Wei <li@acme.example>\nTo: all@acme.example\nDate: Mon, 3 Mar 2025 23:30:00 -0800\n"
              "Subject: Pump recall, second notice",
              "paragraph Dear all,", "paragraph please stop."});
  CHECK(extract.title == "Pump recall,");
  CHECK(extract.date == "2025-03-03");
}

TEST_CASE("a Chinese mail's header is known too") {
  const Extract extract = parse("mail.txt", "发件人：王芳\n收件人：全体员工\n主题：年假安排\n日期：2025年3月1日\n\n各位同事：\n");
  CHECK(extract.title == "年假安排");
  CHECK(extract.date == "2025-03-01");
  CHECK(extract.blocks[0].kind == BlockKind::kMailHeader);
}

TEST_CASE("a line with a colon alone makes no mail") {
  CHECK(parse("a.txt", "Subject: to change\nDate: open\n\nText.\n").blocks[0].kind == BlockKind::kParagraph);
}

TEST_CASE("code and configuration keep their lines") {
  const Extract extract = parse("a.yaml", "server:\n  listen: 1\n\nother:\n    x: y\n");
  CHECK(describe_blocks(extract) == Lines{"code server:\n  listen: 1", "code other:\n    x: y"});
}

TEST_CASE("a file of one huge line without a stop is read") {
  const std::string line(5'000'000, 'x');
  CHECK(parse("a.txt", line).text.size() == line.size());
}
