#include <doctest/doctest.h>

#include <map>

#include "base/canonical_json.h"
#include "index/generation/settings.h"

namespace grounds {
namespace {

TEST_CASE("settings survive their JSON form, complete and in one spelling") {
  Settings settings;
  CHECK(settings.set("lexical.k1", "1.20"));
  CHECK(settings.set("search.candidates", "0500"));
  CHECK(settings.text("lexical.k1") == "1.2");
  CHECK(settings.integer("search.candidates") == 500);
  auto again = Settings::from_json(settings.to_json());
  REQUIRE(again);
  CHECK(*again == settings);
  CHECK(again->values().size() == setting_rules().size());
}

TEST_CASE("the default of every setting obeys its own rule") {
  for (const SettingRule& rule : setting_rules()) {
    CAPTURE(std::string(rule.key));
    Settings settings;
    CHECK(settings.set(rule.key, rule.default_value));
    CHECK(settings == Settings());
  }
}

TEST_CASE("an unknown key and a value out of range are refused, naming what would do") {
  Settings settings;
  auto unknown = settings.set("lexical.k2", "1");
  REQUIRE(!unknown);
  CHECK(unknown.error().code == ErrorCode::kUsage);
  CHECK(unknown.error().hint.find("lexical.k1") != std::string::npos);
  for (auto [key, value] : {std::pair{"lexical.b", "1.5"}, {"lexical.b", "nan"}, {"lexical.b", "0.5x"},
                            {"search.candidates", "0"}, {"search.candidates", "2.5"}, {"fusion.method", "magic"},
                            {"access.default_groups", "a b"}}) {
    CAPTURE(std::string(key));
    CHECK(!settings.set(key, value));
  }
  CHECK(settings == Settings());
  CHECK(!Settings::from_json("{\"no.such\":\"1\"}"));
  CHECK(!Settings::from_json("[]"));
}

TEST_CASE("settings written before a key existed mean by its absence what they meant then") {
  const std::map<std::string_view, std::string_view> before{{"fusion.feedback_weight", "0"}, {"fusion.weighting", "fixed"}};
  for (const SettingRule& rule : setting_rules()) {
    CAPTURE(std::string(rule.key));
    Json json = parse_json(Settings().to_json()).value();
    json.erase(std::string(rule.key));
    auto old = Settings::from_json(json.dump());
    REQUIRE(old);
    auto known = before.find(rule.key);
    CHECK(old->text(rule.key) == (known == before.end() ? rule.default_value : known->second));
    Settings valid;
    CHECK(valid.set(rule.key, old->text(rule.key)));
    CHECK(valid.text(rule.key) == old->text(rule.key));
  }
}

}  // namespace
}  // namespace grounds
