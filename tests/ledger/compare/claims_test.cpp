#include "ledger/compare/claims.h"

#include <doctest/doctest.h>

#include "ledger/compare/parties.h"
#include "ledger/compare/text_diff.h"

namespace grounds {
namespace {

std::set<Claim> claims(std::string_view text) { return find_claims(text); }

TEST_CASE("an answer claims its numbers, dates, codes and names, and no citation marker is a number") {
  const std::set<Claim> found = claims("On 31 March 2025 Jane Doe sold 1,577 units of the GX-200 [1][12].");
  auto has = [&](ClaimKind kind, std::string_view surface) {
    for (const Claim& claim : found)
      if (claim.kind == kind && claim.surface == surface) return true;
    return false;
  };
  CHECK(has(ClaimKind::kDate, "31 March 2025"));
  CHECK(has(ClaimKind::kCode, "GX-200"));
  CHECK(has(ClaimKind::kName, "Jane Doe"));
  bool number = false;
  for (const Claim& claim : found)
    if (claim.kind == ClaimKind::kNumber) {
      CHECK(states("1577 units", claim));
      CHECK_FALSE(number);
      number = true;
    }
  CHECK(number);
}

TEST_CASE("a claim is borne out by value, whatever the spelling") {
  for (const Claim& claim : claims("Sales were 1,577.")) {
    CHECK(states("Sales: 1577", claim));
    CHECK_FALSE(states("Sales: 1578", claim));
  }
  for (const Claim& claim : claims("Due on 2025-03-31.")) {
    CHECK(states("31 March 2025", claim));
    CHECK_FALSE(states("30 March 2025", claim));
  }
}

TEST_CASE("a name is borne out as a whole word, not within another one") {
  for (const Claim& claim : claims("The manager is Ann.")) {
    CHECK_FALSE(states("The manager is Joanna.", claim));
    CHECK_FALSE(states("Hannah, Joann and Anne2 of Ann3", claim));
    CHECK(states("Joanna and ANN-Marie", claim));
    CHECK(states("经理是Ann。", claim));
    CHECK(states("Ann", claim));
    CHECK(states("\"Ann's\"", claim));
  }
  CHECK(claims("The manager is Ann.").size() == 1);
}

TEST_CASE("an expected text is found apart from case, width and white space, or by its numbers alone") {
  CHECK(says("Paid  LEAVE:\n20 days", "paid leave: 20 days"));
  CHECK(says("年 休\n假为２０天", "年休假为20天"));
  CHECK(says("In all 1,577 were sold", "1577"));
  CHECK_FALSE(says("In all 1,577 were sold", "1577 apples"));
  CHECK_FALSE(says("In all 1,578 were sold", "1577"));
  CHECK_FALSE(says("nothing of it", "20 days"));
}

TEST_CASE("the configuration's word on parties goes before the defaults, the more precise one first") {
  using Map = std::map<std::string, std::string>;
  CHECK(party_of("data", {}, {}) == "A");
  CHECK(party_of("parser", {}, {}) == "C");
  CHECK(party_of("model_randomness", {}, {}) == "B");
  CHECK(party_of("time", {}, {}) == "none");
  CHECK(party_of("undecidable", {}, {}) == "unassigned");
  CHECK(party_of("routing", {}, {}, true) == "B");
  CHECK(party_of("routing", {}, {}, false) == "C");
  CHECK(party_of("data", {}, Map{{"data", "C"}}) == "C");
  CHECK(party_of("model", {"backend.local"}, Map{{"backend.local", "ours"}, {"model", "B"}}) == "ours");
  CHECK(common_party({"A", "A"}) == "A");
  CHECK(common_party({"A", "C"}) == "multiple");
  CHECK(common_party({"none", "C"}) == "C");
  CHECK(common_party({"none"}) == "none");
}

TEST_CASE("a diff shows what went and what came, and no more than it may") {
  CHECK(text_diff("a\nb\nc", "a\nx\nc") == "- b\n+ x\n");
  CHECK(text_diff("", "new") == "+ new\n");
  CHECK(text_diff("old", "") == "- old\n");
  CHECK(text_diff("same\ntext", "same\ntext").empty());
  CHECK(text_diff("One. Two. Three.", "One. 2. Three.") == "- Two.\n+ 2.\n");
  std::string before, after;
  for (int i = 0; i < 3000; ++i) before += "line " + std::to_string(i) + "\n", after += "other " + std::to_string(i) + "\n";
  CHECK(text_diff(before, after, 500).size() <= 510);
  CHECK(text_diff(before, after, 500).ends_with("...\n"));
}

}  // namespace
}  // namespace grounds
