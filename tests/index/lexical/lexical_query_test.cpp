#include <doctest/doctest.h>

#include "index/lexical/lexical_search.h"

using namespace grounds;

namespace {

LexicalQuery query(std::string_view question) {
  static const auto analyzer = Analyzer::create().value();
  return lexical_query(*analyzer, question);
}

}  // namespace

TEST_CASE("a question without quotes has terms and no phrases") {
  const auto plain = query("What is the backup policy?");
  CHECK(plain.terms == std::vector<std::string>{"backup", "polici"});
  CHECK(plain.phrases.empty());
}

TEST_CASE("each part in quotes is a phrase, stop words included") {
  const auto quoted = query("who wrote \"the art of war\" and “data base”?");
  REQUIRE(quoted.phrases.size() == 2);
  CHECK(quoted.phrases[0] == LexicalPhrase{{"the", 0}, {"art", 1}, {"of", 2}, {"war", 3}});
  CHECK(quoted.phrases[1] == LexicalPhrase{{"data", 0}, {"base", 1}});
  CHECK(quoted.terms == std::vector<std::string>{"wrote", "art", "war", "data", "base"});
  CHECK(query("「数据库」在哪").phrases == std::vector<LexicalPhrase>{{{"数据", 0}, {"据库", 1}}});
}

TEST_CASE("quotes that do not close or hold nothing make no phrase") {
  CHECK(query("a 5\" screen").phrases.empty());
  CHECK(query("\"\" backup \"?!\"").phrases.empty());
}
