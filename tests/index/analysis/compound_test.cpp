#include "index/analysis/compound.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace grounds;

namespace {

std::vector<std::string> parts(std::string_view text) {
  std::vector<std::string> found;
  for (const CompoundPart& part : read_compound(text, 0).parts) found.emplace_back(text.substr(part.begin, part.end - part.begin));
  return found;
}
using Words = std::vector<std::string>;

std::vector<std::string> pieces(std::string_view part) {
  const auto found = pieces_of(part);
  return {found.begin(), found.end()};
}

}  // namespace

TEST_CASE("a compound ends where nothing joins it to a next part") {
  CHECK(parts("word, next") == Words{"word"});
  CHECK(parts("max_connections=5") == Words{"max", "connections"});
  CHECK(parts("a__b_") == Words{"a", "b"});
  CHECK(parts("end.") == Words{"end"});
  CHECK(parts("me@example.com>") == Words{"me", "example", "com"});
  CHECK(parts("src/base") == Words{"src"});
  CHECK(parts("don't stop") == Words{"don't"});
  CHECK(parts("boys' toys") == Words{"boys"});
  CHECK(parts("C++ and") == Words{"C++"});
  CHECK(parts("C++17") == Words{"C++17"});
  CHECK(parts("a++b") == Words{"a"});
  CHECK(parts("C#-based") == Words{"C#", "based"});
  CHECK(parts("ab#") == Words{"ab"});
}

TEST_CASE("digits joined by dots are one part, and commas belong to thousands only") {
  CHECK(parts("v7.1.0-beta.2") == Words{"v7.1.0", "beta", "2"});
  CHECK(parts("3.14)") == Words{"3.14"});
  CHECK(parts("1,577.50 元") == Words{"1,577.50"});
  CHECK(parts("12,345,678") == Words{"12,345,678"});
  CHECK(parts("1,57") == Words{"1"});
  CHECK(parts("1,5770") == Words{"1"});
  CHECK(parts("1577,123") == Words{"1577"});
  CHECK(parts("2024-01-15") == Words{"2024", "01", "15"});
}

TEST_CASE("a part is cut where case or kind changes, pieces of one letter left out") {
  CHECK(pieces("TiDB") == Words{"Ti", "DB"});
  CHECK(pieces("XMLHttpRequest") == Words{"XML", "Http", "Request"});
  CHECK(pieces("sha256") == Words{"sha", "256"});
  CHECK(pieces("iPhone") == Words{"Phone"});
  CHECK(pieces("word") == Words{});
  CHECK(pieces("WORD") == Words{});
  CHECK(pieces("v7") == Words{});
}
