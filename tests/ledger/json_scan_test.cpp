#include "ledger/json_scan.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

using grounds::is_json_object;

TEST_CASE("an object is one JSON object and nothing around it") {
  for (const char* text : {"{}", R"({"a":1})", R"({"a":{"b":[1,-2.5e+3,"x\u00e9\n",true,false,null]}})", R"({"a":[[],{}]})"})
    CHECK_MESSAGE(is_json_object(text), text);
  for (const char* text : {"", "[]", "1", "\"a\"", "{} ", " {}", "{}{}", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
                           "{\"a\":01}", "{\"a\":1.}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":1e}", "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\u12g4\"}", "{\"a\":\"\n\"}", "{\"a\":tru}", "{\"a\":[1 2]}", "{\"a\":\"b}"})
    CHECK_MESSAGE(!is_json_object(text), text);
}

TEST_CASE("columns cannot be cut at another place: what follows a whole object is refused") {
  CHECK_FALSE(is_json_object(R"({"a":1},"commitments":{})"));
}

TEST_CASE("nesting is bounded") {
  const auto nested = [](int depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  CHECK(is_json_object(nested(64)));
  CHECK_FALSE(is_json_object(nested(65)));
  CHECK_FALSE(is_json_object("{\"a\":" + std::string(1'000'000, '[')));
}

TEST_CASE("on random edits of valid objects it agrees with a full parser") {
  const std::string seed_text = R"({"a":[1,2.5e-3,"x\u00e9\"y",{"b":null}],"c":{"d":true,"e":""}})";
  std::mt19937_64 random(7);
  const std::string alphabet = "{}[]\",:0123456789.eE+-\\u\ntrfalsn x";
  for (int i = 0; i < 20'000; ++i) {
    std::string text = seed_text;
    for (std::size_t edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      if (random() % 2) text[at] = alphabet[random() % alphabet.size()];
      else text.erase(at, 1);
    }
    INFO(text);
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    const bool bare = !text.empty() && text.front() == '{' && text.back() == '}';
    CHECK(is_json_object(text) == (bare && parsed.is_object()));
  }
}
