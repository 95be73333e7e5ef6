// Mail as mailers write it.
#include <doctest/doctest.h>

#include "ingest/parsers/mime.h"
#include "tests/ingest/support/extracts.h"

using namespace grounds;
using namespace grounds::parsing;
using grounds::testing::describe_blocks;
using grounds::testing::parse;
using grounds::testing::parse_error;
using Lines = std::vector<std::string>;

TEST_CASE("encoded words are decoded, also where a character is cut in two and where bytes stand raw") {
  CHECK(decode_header("=?utf-8?B?5Lu35qC86KGo?= 2026") == "价格表 2026");
  CHECK(decode_header("=?GB2312?Q?=BC=DB=B8=F1?=") == "价格");
  CHECK(decode_header("=?utf-8?Q?=E4=BB?= =?utf-8?Q?=B7_x?=") == "价 x");
  CHECK(decode_header("plain =?nothing") == "plain =?nothing");
  CHECK(decode_header("\xBC\xDB\xB8\xF1") == "价格");
}

TEST_CASE("transfer encodings are decoded, and what is wrong in them does not end them") {
  CHECK(decode_base64("SGVs\r\nbG8=") == "Hello");
  CHECK(decode_base64("SGVsbG8") == "Hello");
  CHECK(decode_base64("SGVs!!bG8=SGk=") == "HelloHi");
  CHECK(decode_quoted_printable("a=3Db=\r\nc=\n=C3=A9 =ZZ=") == "a=bc\xC3\xA9 =ZZ");
}

TEST_CASE("parts end at their boundary, and only at a line of it") {
  const auto parts = split_parts("pre\r\n--b\r\none --b not\r\n--bc\r\n--b\r\ntwo\r\n--b--\r\npost", "b");
  REQUIRE(parts.size() == 2);
  CHECK(parts[0] == "one --b not\r\n--bc");
  CHECK(parts[1] == "two");
  CHECK(split_parts("--b\n\nopen end", "b") == std::vector<std::string_view>{"\nopen end"});
  CHECK(split_parts("anything", "").empty());
}

TEST_CASE("names of attachments come from either header, in any of their forms") {
  const auto name = [](const std::string& headers) { return read_entity(headers + "\n\nx").file_name(); };
  CHECK(name("Content-Disposition: attachment; filename=\"a b.txt\"") == "a b.txt");
  CHECK(name("Content-Type: text/plain;\n name=\"=?gb2312?B?vNu48Q==?=.csv\"") == "价格.csv");
  CHECK(name("Content-Disposition: attachment; filename*=utf-8''%E4%BB%B7.csv") == "价.csv");
  CHECK(name("Content-Disposition: attachment; filename=\"../../etc/passwd\"") == "passwd");
}

TEST_CASE("of alternatives the plain text is read, unless it says nothing") {
  const auto mail = [](const std::string& plain) {
    return "From: a@b.c\nSubject: s\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n" + plain +
           "\n--b\nContent-Type: text/html\n\n<p>rich text</p>\n--b--\n";
  };
  CHECK(describe_blocks(parse("a.eml", mail("Plain text that is long enough to count.")))[1] == "paragraph Plain text that is long enough to count.");
  CHECK(describe_blocks(parse("a.eml", mail("see html")))[1] == "paragraph rich text");
}

TEST_CASE("messages in messages and parts in parts are bounded") {
  std::string mail = "From: a@b.c\nSubject: innermost\n\nThe innermost text.\n";
  for (int i = 0; i < 100; ++i) mail = "From: a@b.c\nSubject: s\nContent-Type: message/rfc822\n\n" + mail;
  const Extract extract = parse("a.eml", mail);
  CHECK(extract.text.find("innermost") == std::string::npos);
  REQUIRE(!extract.warnings.empty());
  CHECK(extract.warnings[0] == "messages are attached more deeply in each other than is read");
  std::string parts = "x";
  for (int i = 0; i < 2'000; ++i) parts = "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\n\n--b" + std::to_string(i) + "\n" + parts;
  CHECK_NOTHROW(parse_error("a.eml", "From: a@b.c\n" + parts));
}

TEST_CASE("an encrypted message says so") {
  CHECK(parse_error("a.eml", "From: a@b.c\nContent-Type: multipart/encrypted; boundary=b\n\n--b\n\nx\n--b--\n") == "the message is encrypted");
}
