#include "retrieval/query.h"

#include <doctest/doctest.h>

#include "retrieval/searcher.h"

namespace grounds {
namespace {

TEST_CASE("a query survives its recorded form byte for byte") {
  Query query;
  query.text = "What is \"the limit\"? 限额是多少？";
  query.mode = SearchMode::kHybrid;
  query.codes["space"] = {-127, 0, 5, 127};
  query.lexical.terms = {"limit", "限额"};
  query.lexical.phrases = {{{"the", 0}, {"limit", 1}}};
  CHECK(query.settings.set("lexical.k1", "1.5"));
  query.analyzer = "analyzer/1";
  auto again = Query::from_json(query.to_json());
  REQUIRE(again);
  CHECK(*again == query);
  CHECK(again->codes == query.codes);
  CHECK(again->lexical == query.lexical);
  CHECK(again->to_json() == query.to_json());
  CHECK(!Query::from_json("{}"));
  CHECK(!Query::from_json("{\"text\":1}"));
}

TEST_CASE("a question that cannot be asked is refused with the reason") {
  for (const std::string& bad : {std::string(), std::string("  \n\t"), std::string("\xff\xfe"),
                                 std::string(kMaxQuestionBytes + 1, 'a')}) {
    auto status = check_question(bad);
    REQUIRE(!status);
    CHECK(status.error().code == ErrorCode::kUsage);
    CHECK(!status.error().hint.empty());
  }
  CHECK(check_question("why?"));
}

TEST_CASE("--as-of takes a generation, a date or a time, and nothing else") {
  CHECK(std::get<Generation>(*parse_as_of("12")) == 12);
  CHECK(std::get<UnixMillis>(*parse_as_of("2025-01-01T00:00:00Z")) == 1735689600000);
  CHECK(std::get<UnixMillis>(*parse_as_of("2025-01-01")) == 1735689600000);
  CHECK(std::holds_alternative<std::monostate>(*parse_as_of("")));
  for (const char* bad : {"yesterday", "-1", "12x", "2025-13-01"}) CHECK(!parse_as_of(bad));
}

}  // namespace
}  // namespace grounds
