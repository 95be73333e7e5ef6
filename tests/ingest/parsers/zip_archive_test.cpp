// Archives: what is in them, and what they may not do.
#include <doctest/doctest.h>

#include "ingest/parsers/zip_archive.h"
#include "tests/ingest/support/extracts.h"
#include "tests/ingest/support/zip_writer.h"

using namespace grounds;
using namespace grounds::parsing;
using grounds::testing::describe_blocks;
using grounds::testing::parse;
using grounds::testing::parse_error;
using grounds::testing::write_zip;
using Lines = std::vector<std::string>;

TEST_CASE("the documents in an archive are parsed each by its own name, below headings with their paths") {
  const Extract extract = parse("a.zip", write_zip({{"b/c.md", "# Top\n\nText."}, {"d.csv", "A,B\n1,2\n"}, {"__MACOSX/x.md", "litter"}}));
  CHECK(describe_blocks(extract) == Lines{"heading:1 b/c.md", "heading:2 Top", "paragraph Text.", "heading:1 d.csv", "table A | B\n1 | 2"});
}

TEST_CASE("names without a mark of UTF-8 are GBK where they are no UTF-8") {
  const std::string gbk = "\xBA\xCF\xCD\xAC.txt";
  CHECK(describe_blocks(parse("a.zip", write_zip({{gbk, "text of it.", false}})))[0] == "heading:1 合同.txt");
  CHECK(describe_blocks(parse("a.zip", write_zip({{"合同.txt", "text of it.", false}})))[0] == "heading:1 合同.txt");
}

TEST_CASE("a file that unpacks to hundreds of times its size is refused, long before memory is") {
  const std::string bomb = write_zip({{"a.txt", std::string(40u << 20, 'x')}});
  CHECK(bomb.size() < 50'000);
  CHECK(parse_error("a.zip", bomb).find("it unpacks to more than is read") != std::string::npos);
  // A small file may be as repetitive as it likes.
  CHECK(parse("a.zip", write_zip({{"a.txt", std::string(1u << 20, 'x')}})).text.size() > (1u << 20));
}

TEST_CASE("all that one document unpacks is bounded together, whatever the file it is in") {
  const auto archive_bytes = write_zip({{"a", "abcdefgh"}});
  const auto archive = ZipArchive::open(archive_bytes);
  REQUIRE(archive.has_value());
  ParseContext context;
  context.unpacked_bytes_left = 20;
  CHECK(archive->read("a", context).value() == "abcdefgh");
  CHECK(archive->read("a", context).value() == "abcdefgh");
  CHECK(context.unpacked_bytes_left == 4);
  CHECK(archive->read("a", context).error().message.find("more than is read") != std::string::npos);
}

TEST_CASE("archives in archives are read to a depth, and what is deeper is named") {
  std::string inner = write_zip({{"text.txt", "The end of it."}});
  for (int i = 0; i < 3; ++i) inner = write_zip({{"inner.zip", inner}, {"beside.txt", "beside it."}});
  const Extract within = parse("a.zip", inner);
  CHECK(within.text.find("The end of it.") != std::string::npos);
  const Extract beyond = parse("a.zip", write_zip({{"inner.zip", inner}, {"beside.txt", "beside it."}}));
  CHECK(beyond.text.find("The end of it.") == std::string::npos);
  CHECK(beyond.text.find("beside it.") != std::string::npos);
}

TEST_CASE("an encrypted file, an unreadable one and a missing one are said") {
  const Extract extract = parse("a.zip", write_zip({{"a.txt", "open."}, {"b.txt", "secret.", true, true}, {"c.bin", std::string("\0\1\2", 3)}}));
  CHECK(extract.warnings == Lines{"b.txt: it is encrypted", "c.bin: the file is binary, not text: it has zero bytes"});
  CHECK(parse_error("a.zip", write_zip({{"b.txt", "secret.", true, true}})) == "none of the 1 files in the archive can be read; b.txt: it is encrypted");
  CHECK(parse_error("a.zip", write_zip({})) == "the archive is empty");
  CHECK(parse_error("a.docx", write_zip({{"_rels/.rels", "<x/>"}, {"word/other.xml", "<x/>"}})) ==
        "it is not a complete Office document: word/document.xml is missing");
}

TEST_CASE("entities in the XML of an office document are not expanded") {
  const std::string bomb = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><w:document xmlns:w='w'><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:document>";
  CHECK(parse_error("a.docx", write_zip({{"[Content_Types].xml", "<x/>"}, {"word/document.xml", bomb}})) ==
        "word/document.xml: it declares XML entities of its own, which are not expanded");
}

TEST_CASE("elements that nest without end are refused, and damaged XML is read as far as it goes") {
  std::string deep;
  for (int i = 0; i < 5'000; ++i) deep += "<w:p>";
  const std::string begin = "<w:document xmlns:w='w'>";
  CHECK(parse_error("a.docx", write_zip({{"[Content_Types].xml", "<x/>"}, {"word/document.xml", begin + deep}})) ==
        "word/document.xml: it nests elements more than 1000 deep");
  const Extract part = parse("a.docx", write_zip({{"[Content_Types].xml", "<x/>"}, {"word/document.xml", begin + "<w:p><w:r><w:t>Here.</w:t></w:r></w:p><w:p></w:x>"}}));
  CHECK(part.text == "Here.");
  REQUIRE(part.warnings.size() == 1);
  CHECK(part.warnings[0].starts_with("word/document.xml is damaged and was read in part"));
}

TEST_CASE("an old workbook's name may stand for a web page or a list") {
  CHECK(parse("a.xls", "<html><table><tr><td>A</td><td>B</td></tr><tr><td>1</td><td>2</td></tr></table>").parser == "html/1");
  CHECK(describe_blocks(parse("a.xls", "A\tB\n1\t2\n")) == Lines{"table A | B\n1 | 2"});
}
