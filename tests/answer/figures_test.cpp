#include "answer/figures.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace grounds;

TEST_CASE("What an answer states in numbers is compared by value, marks and numbers of lists apart") {
  CHECK(figures_of("It is 1,577 units. [1]") == figures_of("In all, 1577 units [3]"));
  CHECK(figures_of("1. It is 12 m. [1]") == figures_of("It is 12 m【2】"));
  CHECK(figures_of("on 31 March 2025") == figures_of("2025-03-31"));
  CHECK(figures_of("12 m") != figures_of("12 km"));
  CHECK(figures_of("12 m") != figures_of("13 m"));
  CHECK(figures_of("GX-200") != figures_of("GX-300"));
  CHECK(figures_of("Not found in the documents. [1]").empty());
  CHECK(figures_of("一千五百七十七台") == figures_of("1577台"));
}

TEST_CASE("The figures that most samples state win, and of equally many those of the first") {
  const auto chosen = [](std::vector<std::string> samples) { return vote(samples); };
  CHECK(chosen({"12 m"}).agreeing == 1);
  auto result = chosen({"It is 13 m.", "12 m", "At 12 m!"});
  CHECK((result.chosen == 1 && result.agreeing == 2 && result.with_first == 1));
  result = chosen({"It is 13 m.", "12 m", "11 m"});
  CHECK((result.chosen == 0 && result.agreeing == 1));
  result = chosen({"12 m", "12 m.", "About 12 m"});
  CHECK((result.chosen == 0 && result.agreeing == 3));
  result = chosen({"12 m", "Not found in the documents.", "Not found in the documents."});
  CHECK((result.chosen == 1 && result.agreeing == 2));
}
