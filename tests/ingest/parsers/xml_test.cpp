// XML: text by element, and nothing that expands.
#include <doctest/doctest.h>

#include "tests/ingest/support/extracts.h"

using namespace grounds;
using grounds::testing::describe_blocks;
using grounds::testing::parse;
using grounds::testing::parse_error;
using Lines = std::vector<std::string>;

TEST_CASE("each element with text of its own is a paragraph, elements inside running text are part of it") {
  const Extract extract = parse("a.xml",
                                "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x \"y\">]><!-- no --><doc a='1 > 0'>"
                                "<title>Pump &amp; valve</title><para>Turn the <em>red</em> handle,\n then <b>wait</b>.</para>"
                                "<list><item>one</item><item><![CDATA[two <raw>]]></item></list><empty/></doc>");
  CHECK(describe_blocks(extract) == Lines{"paragraph Pump & valve", "paragraph Turn the red handle, then wait.",
                                          "paragraph one", "paragraph two <raw>"});
  CHECK(extract.title == "Pump & valve");
}

TEST_CASE("entities of the document's own do not expand") {
  std::string bomb = "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol0 'lol'>";
  for (int i = 1; i < 10; ++i) {
    bomb += "<!ENTITY lol" + std::to_string(i) + " '";
    for (int j = 0; j < 10; ++j) bomb += "&lol" + std::to_string(i - 1) + ";";
    bomb += "'>";
  }
  CHECK(parse("a.xml", bomb + "]><x>text &lol9; end</x>").text == "text &lol9; end");
}

TEST_CASE("an encoding that is declared is followed, what is not well-formed is read as far as it goes") {
  CHECK(parse("a.xml", "<?xml version='1.0' encoding='gb2312'?><x>\xC4\xEA\xBC\xD9</x>").text == "年假");
  CHECK(parse("a.xml", "<x><y>one</x>two<z attr='").text == "one\n\ntwo");
  CHECK(parse("page", "<?xml version='1.0'?><x>sniffed</x>").parser == "xml/1");
}

TEST_CASE("elements that nest without end are refused") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  CHECK(parse_error("a.xml", deep) == "the document nests elements more than 4000 deep");
}
