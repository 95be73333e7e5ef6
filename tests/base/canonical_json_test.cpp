#include "base/canonical_json.h"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <clocale>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include "base/utf8.h"

namespace grounds {
namespace {

std::string canonical(std::string_view text) {
  return canonical_json(parse_json(text).value()).value();
}

std::string number(double value) {
  return canonical_json(Json(value)).value();
}

// RFC 8785, section 3.2.2.
TEST_CASE("the sample of RFC 8785 comes out as the RFC prints it") {
  CHECK(canonical(R"({
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  })") == R"({"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],)"
          "\"string\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

// RFC 8785, section 3.2.3.
TEST_CASE("keys are sorted as the RFC's sample is") {
  CHECK(canonical(R"({
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis"
  })") ==
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
        "\"\xC3\xB6\":\"Latin Small Letter O With Diaeresis\",\"\xE2\x82\xAC\":\"Euro Sign\","
        "\"\xF0\x9F\x98\x80\":\"Emoji: Grinning Face\","
        "\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}");
}

// RFC 8785, appendix B.
TEST_CASE("numbers are printed as the table of RFC 8785 has them") {
  const std::pair<std::uint64_t, const char*> table[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
  };
  for (const auto& [bits, expected] : table) CHECK(number(std::bit_cast<double>(bits)) == expected);
  CHECK_FALSE(canonical_json(Json(std::bit_cast<double>(0x7fffffffffffffffULL))));
  CHECK_FALSE(canonical_json(Json(std::bit_cast<double>(0x7ff0000000000000ULL))));
  CHECK_FALSE(canonical_json(Json(-std::numeric_limits<double>::infinity())));
}

// The definition read literally: the fewest digits that read back as the same double.
int fewest_digits(double value) {
  for (int digits = 1; digits < 17; ++digits) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%.*e", digits - 1, value);
    if (std::strtod(text.data(), nullptr) == value) return digits;
  }
  return 17;
}

TEST_CASE("any double reads back from its text, which has the fewest digits possible") {
  std::mt19937_64 random(8785);
  for (int round = 0; round < 20000; ++round) {
    const double value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const std::string text = number(value);
    CAPTURE(text);
    CHECK(std::strtod(text.c_str(), nullptr) == value);
    std::string digits;
    for (const char c : text.substr(0, text.find('e'))) {
      if (c >= '0' && c <= '9') digits += c;
    }
    digits.erase(0, digits.find_first_not_of('0'));
    digits.erase(digits.find_last_not_of('0') + 1);
    CHECK(static_cast<int>(digits.size()) == fewest_digits(value));
  }
}

TEST_CASE("integers are exact up to 2^53 and refused beyond") {
  const std::int64_t limit = std::int64_t{1} << 53;
  CHECK(canonical_json(Json(limit)).value() == "9007199254740992");
  CHECK(canonical_json(Json(-limit)).value() == "-9007199254740992");
  CHECK(canonical_json(Json(static_cast<std::uint64_t>(limit))).value() == "9007199254740992");
  for (const Json& bad :
       {Json(limit + 1), Json(-limit - 1), Json(limit + 2),
        Json(static_cast<std::uint64_t>(limit) + 1), Json(std::numeric_limits<std::int64_t>::min()),
        Json(std::numeric_limits<std::uint64_t>::max())}) {
    const auto text = canonical_json(bad);
    REQUIRE_FALSE(text);
    CHECK(text.error().code == ErrorCode::kBadInput);
  }
}

TEST_CASE("what has no place in JSON is refused wherever it stands") {
  CHECK_FALSE(canonical_json(Json("\xFF")));
  CHECK_FALSE(canonical_json(Json{{"a", {1, {{"b\xC0", 1}}}}}));
  CHECK_FALSE(canonical_json(Json{{"a", {1, "\xED\xA0\x80"}}}));
  CHECK_FALSE(canonical_json(Json::binary({1, 2})));
  CHECK_FALSE(canonical_json(Json(Json::value_t::discarded)));
  CHECK(canonical_json(Json()).value() == "null");
}

std::string random_text(std::mt19937_64& random) {
  std::string text;
  for (std::uint64_t left = random() % 6; left > 0; --left) {
    // Control characters, ASCII, both sides of the surrogates, the supplementary planes.
    const char32_t choices[] = {static_cast<char32_t>(random() % 0x20),
                                static_cast<char32_t>(0x20 + random() % 0x60),
                                static_cast<char32_t>(0x80 + random() % 0xD700),
                                static_cast<char32_t>(0xE000 + random() % 0x1FFF),
                                static_cast<char32_t>(0x10000 + random() % 0x100000)};
    append_utf8(text, choices[random() % 5]);
  }
  return text;
}

Json random_json(std::mt19937_64& random, int depth) {
  switch (random() % (depth > 0 ? 8 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return random() % 2 == 0;
    case 2:
      return static_cast<std::int64_t>(random() >> 10) - (std::int64_t{1} << 53);
    case 3:
      return random() >> 11;
    case 4: {
      const double value = std::bit_cast<double>(random());
      return std::isfinite(value) ? value : std::ldexp(static_cast<double>(random()), 3);
    }
    case 5:
      return random_text(random);
    case 6: {
      Json array = Json::array();
      for (std::uint64_t left = random() % 5; left > 0; --left)
        array.push_back(random_json(random, depth - 1));
      return array;
    }
    default: {
      Json object = Json::object();
      for (std::uint64_t left = random() % 5; left > 0; --left)
        object[random_text(random)] = random_json(random, depth - 1);
      return object;
    }
  }
}

TEST_CASE("canonical text, read and written again, is the same text and the same value") {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Json value = random_json(random, 4);
    const auto text = canonical_json(value);
    REQUIRE(text);
    const Json read = parse_json(*text).value();
    CHECK(read == value);
    CHECK(canonical_json(read).value() == *text);
  }
}

TEST_CASE("large integers that are how a double prints stay canonical; others stay exact") {
  for (const std::string_view text : {"9007199254740994", "-9007199254740994", "100000000000000000",
                                      "1152921504606847000", "295147905179352830000"}) {
    CHECK(canonical(text) == text);
  }
  CHECK(parse_json("9007199254740993").value().get<std::int64_t>() == 9007199254740993);
  CHECK(parse_json("18446744073709551615").value().get<std::uint64_t>() == 18446744073709551615ULL);
  CHECK_FALSE(canonical_json(parse_json("9007199254740993").value()));
}

TEST_CASE("parsing is strict") {
  using namespace std::string_view_literals;
  const std::pair<std::string_view, std::string_view> table[] = {
      {R"({"a":1,"b":2,"a":3})", "occurs twice"},
      {R"({"x":{"a":1,"\u0061":1}})", "occurs twice"},
      {R"({"a":[{"b":1},{"b":1}]} x)", ""},
      {"1 2", ""},
      {"", ""},
      {"  ", ""},
      {"{", ""},
      {"[1,]", ""},
      {"{\"a\":1,}", ""},
      {"nul", ""},
      {"NaN", ""},
      {"-Infinity", ""},
      {"01", ""},
      {"1.", ""},
      {"+1", ""},
      {"1e999", ""},
      {"'a'", ""},
      {"// c\n1", ""},
      {"\"\xFF\"", ""},
      {"\"\xED\xA0\x80\"", ""},
      {R"("\ud800")", ""},
      {R"("\ud800\u0041")", ""},
      {R"("\x41")", ""},
      {"\"a\nb\"", ""},
      {"1\0"sv, "zero byte"},
      {"1\0 garbage"sv, "zero byte"},
      {"\"a\0b\""sv, "zero byte"},
      {"\xEF\xBB\xBF{}", "byte order mark"},
  };
  for (const auto& row : table) {  // no structured binding: clang 14 lets no lambda capture one
    const std::string_view text = row.first;
    const std::string_view reason = row.second;
    CAPTURE(text);
    const auto value = parse_json(text);
    REQUIRE_FALSE(value);
    CHECK(value.error().code == ErrorCode::kBadInput);
    CHECK(value.error().message.find(reason) != std::string::npos);
    CHECK(is_valid_utf8(value.error().message));
  }
  CHECK(parse_json(" [ {\"b\":1} , {\"b\":1} ]\n").value().size() == 2);
  CHECK(parse_json("\"\\u0000\"").value() == Json(std::string(1, '\0')));
}

TEST_CASE("nesting is allowed up to the limit and no deeper") {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  CHECK(parse_json(nested(64)));
  CHECK_FALSE(parse_json(nested(65)));
  CHECK(parse_json(nested(3), 3));
  CHECK_FALSE(parse_json(nested(4), 3));
  CHECK(parse_json(R"({"a":[{"b":[]},{"b":[]}]})", 4));
  CHECK_FALSE(parse_json(R"({"a":[{"b":[]},{"b":[]}]})", 3));
  CHECK(parse_json("1", 0));
  CHECK_FALSE(parse_json(std::string(1'000'000, '[')));
}

TEST_CASE("the text does not depend on the locale") {
  const std::string before = ::setlocale(LC_ALL, nullptr);
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"}) {
    ::setlocale(LC_ALL, name);  // a locale that is not installed leaves the old one
    CHECK(canonical("[1.5,1e30]") == "[1.5,1e+30]");
  }
  ::setlocale(LC_ALL, before.c_str());
}

}  // namespace
}  // namespace grounds
