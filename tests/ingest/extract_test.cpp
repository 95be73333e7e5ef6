// Extracts: their map as canonical JSON, and the rules that a map from elsewhere is held to.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/ingest/support/extracts.h"

using namespace grounds;
using grounds::testing::parse;

namespace {

const char* const kDocument =
    "---\ntitle: 标题\ndate: 2025-03-01\n---\n# One\n\nText.\n\n| A | B |\n|---|---|\n| 1 | 2 |\n| x \\| y | |\n\n- item\n";

std::string from_parts_error(std::string text, const std::string& map) {
  const auto extract = Extract::from_parts(std::move(text), map);
  return extract ? std::string() : extract.error().message;
}

}  // namespace

TEST_CASE("an extract comes back equal from its text and its map") {
  Extract extract = parse("a.md", kDocument);
  extract.warnings = {"one", "zwei \"quoted\""};
  extract.blocks[0].page = 3;
  const std::string map = extract.map_to_json();
  const auto back = Extract::from_parts(extract.text, map);
  REQUIRE(back.has_value());
  CHECK(back->blocks == extract.blocks);
  CHECK(back->title == "标题");
  CHECK(back->date == "2025-03-01");
  CHECK(back->parser == "markdown/1");
  CHECK(back->warnings == extract.warnings);
  REQUIRE(back->tables.size() == 1);
  CHECK(back->tables[0].header == extract.tables[0].header);
  CHECK(back->tables[0].rows == extract.tables[0].rows);
  CHECK(back->tables[0].row_spans == extract.tables[0].row_spans);
  CHECK(back->map_to_json() == map);
}

TEST_CASE("cells are written to the map only where the text does not give them back") {
  const Extract plain = parse("a.csv", "A,B\n1,2\n3,4\n");
  CHECK(plain.map_to_json().find("cells") == std::string::npos);
  const Extract barred = parse("a.csv", "A,B\n1,2\n3 | 3,4\n");
  CHECK(barred.map_to_json().find("\"cells\":{\"1\":[\"3 | 3\",\"4\"]}") != std::string::npos);
  CHECK(Extract::from_parts(barred.text, barred.map_to_json())->tables[0].rows[1] == std::vector<std::string>{"3 | 3", "4"});
}

TEST_CASE("a map that does not fit its text is refused") {
  const Extract extract = parse("a.md", kDocument);
  using nlohmann::json;
  const json good = json::parse(extract.map_to_json());
  CHECK(from_parts_error(extract.text, good.dump()) == "");

  const auto broken = [&](const std::string& pointer, const json& value) {
    json map = good;
    map[json::json_pointer(pointer)] = value;
    return from_parts_error(extract.text, map.dump());
  };
  CHECK(broken("/blocks/2", 100'000) != "");    // an end beyond the text
  CHECK(broken("/blocks/1", 2) != "");          // text before the first block
  CHECK(broken("/blocks/0", 99) != "");         // no such kind
  CHECK(broken("/blocks/5", 0) != "");          // a heading with a table
  CHECK(broken("/blocks/3", -1) != "");         // a negative level
  CHECK(broken("/blocks/2", "x") != "");
  CHECK(broken("/blocks/17", 7) != "");         // a table that is not there
  CHECK(broken("/tables/0/rows/0", 1) != "");   // lines that are not consecutive
  CHECK(broken("/tables/0/rows/1", 1u << 30) != "");
  CHECK(broken("/tables/0/cells", json{{"7", json::array()}}) != "");
  CHECK(broken("/tables/0/cells", json{{"1x", json::array()}}) != "");
  CHECK(broken("/version", 2).find("version 2 is not known") != std::string::npos);
  CHECK(broken("/title", 7) != "");
  CHECK(from_parts_error(extract.text + "\n\nmore", good.dump()) == "extract map: text after the last block is in no block");
  CHECK(from_parts_error("\xFF", good.dump()) == "extract map: the text is not valid UTF-8");
  CHECK(from_parts_error(extract.text, "{") != "");
  CHECK(from_parts_error(extract.text, "{}") != "");
}
