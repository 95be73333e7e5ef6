// JSON as records, and what it may cost.
#include <doctest/doctest.h>

#include "tests/ingest/support/extracts.h"

using namespace grounds;
using grounds::testing::describe_blocks;
using grounds::testing::parse;
using grounds::testing::parse_error;
using Lines = std::vector<std::string>;

TEST_CASE("a list of flat objects is a table, other records are a paragraph each") {
  CHECK(describe_blocks(parse("a.json", R"([{"a":1,"b":"x"},{"b":"y","a":2.5}])")) == Lines{"table a | b\n1 | x\n2.5 | y"});
  CHECK(describe_blocks(parse("a.jsonl", "{\"a\":{\"b\":[1,2]}}\n\n{\"c\":null,\"d\":true}\n")) == Lines{"paragraph a.b: 1, 2", "paragraph d: true"});
}

TEST_CASE("what is not valid JSON is read as text, and lines that are not are named") {
  const Extract extract = parse("a.json", "{// comment\n\"a\": 1}");
  CHECK(extract.parser == "source/1");
  CHECK(extract.warnings == Lines{"it is not valid JSON; it was read as text"});
  CHECK(parse("a.jsonl", "{\"a\":1}\n{\"a\":\n").warnings == Lines{"1 lines are not valid JSON and were left out, the first is line 2"});
}

TEST_CASE("values too many or too deep, and objects too wide, are not built up") {
  CHECK(parse("a.json", std::string(600, '[') + "1" + std::string(600, ']')).warnings[0] == "it nests values more than 500 deep; it was read as text");
  std::string wide = "{";
  for (int i = 0; i < 30'000; ++i) wide += "\"k" + std::to_string(i) + "\":1,";
  CHECK(parse("a.json", wide + "\"z\":1}").warnings[0] == "it has an object of more than 20000 keys; it was read as text");
  std::string lines;
  for (int i = 0; i < 1'400'000; ++i) lines += "[1,2]\n";
  CHECK(parse_error("a.jsonl", lines) == "it has more than 4000000 values");
}
