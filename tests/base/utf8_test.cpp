#include "base/utf8.h"

#include <doctest/doctest.h>

#include <random>
#include <vector>

namespace grounds {
namespace {

TEST_CASE("every code point survives writing and reading, surrogates excepted") {
  for (char32_t code_point = 0; code_point <= 0x10FFFF; ++code_point) {
    std::string text;
    append_utf8(text, code_point);
    std::size_t position = 0;
    const char32_t read = next_code_point(text, position);
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (!is_valid_utf8(text) || position != text.size() ||
        read != (surrogate ? 0xFFFD : code_point)) {
      FAIL("code point " << static_cast<unsigned>(code_point));
    }
  }
}

TEST_CASE("ill-formed bytes are not UTF-8") {
  for (const std::string_view bad :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE4\xBD", "\xF0\x9F\x98", "a\xC3(b"}) {
    CAPTURE(bad.size());
    CHECK_FALSE(is_valid_utf8(bad));
  }
  CHECK(is_valid_utf8(""));
  CHECK(is_valid_utf8("有据 é 😀"));
}

// The Unicode Standard 15.0, section 3.9, table 3-8: U+FFFD for each maximal subpart.
TEST_CASE("each maximal ill-formed subpart becomes one replacement character") {
  const std::string r = "\xEF\xBF\xBD";
  CHECK(replace_invalid_utf8("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64") ==
        "a" + r + r + r + "b" + r + "c" + r + r + "d");
  CHECK(replace_invalid_utf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41") ==
        r + r + r + r + r + r + r + r + "A");
  CHECK(replace_invalid_utf8("\xED\xA0\x80") == r + r + r);
  CHECK(replace_invalid_utf8("\xE4\xBD") == r);
}

TEST_CASE("replacing makes any bytes valid and leaves valid text alone") {
  std::mt19937 random(20261124);
  for (int round = 0; round < 2000; ++round) {
    CAPTURE(round);
    std::string bytes(random() % 24, '\0');
    // Drawn so that lead and continuation bytes meet often.
    for (char& byte : bytes) {
      byte = "a\x80\xBF\xC3\xE4\xED\xF0\xF4\x9F\x90"[random() % 10];
    }
    const std::string clean = replace_invalid_utf8(bytes);
    CHECK(is_valid_utf8(clean));
    CHECK(replace_invalid_utf8(clean) == clean);
    if (is_valid_utf8(bytes)) CHECK(clean == bytes);
  }
}

TEST_CASE("a boundary never splits a character") {
  const std::string text = "a有é😀";
  const std::vector<std::size_t> expected = {0, 1, 1, 1, 4, 4, 6, 6, 6, 6, 10, 10};
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(floor_boundary(text, i) == expected[i]);
  CHECK(floor_boundary("", 3) == 0);
}

TEST_CASE("letters of Chinese, Japanese and Korean are told from their punctuation") {
  for (const char32_t letter : U"中々〇ぁんアーｱㄅ한ㄱ𠀀") {
    if (letter != 0) CHECK(is_cjk_letter(letter));
  }
  for (const char32_t other : U"。，、「」・　aé1！Ａ😀") CHECK_FALSE(is_cjk_letter(other));
  CHECK(is_han(U'中'));
  CHECK_FALSE(is_han(U'の'));
}

TEST_CASE("a text is Chinese by its share of Han letters and its want of kana") {
  CHECK(is_chinese("去年的销售额是多少？"));
  CHECK(is_chinese("请问 max_connections 的默认值"));  // 7 Han of 21 letters
  CHECK(is_chinese("GitHub备份脚本"));
  CHECK(is_chinese("中文"));
  CHECK_FALSE(is_chinese("中"));  // one Han letter is not enough
  CHECK_FALSE(is_chinese("What does 有据 mean in this product?"));
  CHECK_FALSE(is_chinese("What was the revenue in 2025?"));
  CHECK_FALSE(is_chinese("日本語の文章です"));  // 5 kana against 5 Han
  CHECK_FALSE(is_chinese("지난해 매출은 얼마였습니까"));
  CHECK_FALSE(is_chinese(""));
  CHECK_FALSE(is_chinese("，。！？ 123"));
  // The limits themselves: 2 Han of 10 letters is 20 %, 2 of 11 is less; 1 kana to 10 Han is a
  // tenth.
  CHECK(is_chinese("中文abcdefgh"));
  CHECK_FALSE(is_chinese("中文abcdefghi"));
  CHECK(is_chinese("一二三四五六七八九十百の"));
  CHECK_FALSE(is_chinese("一二三四五六七八九十の"));
}

TEST_CASE("trim takes white space of three kinds off both ends and nothing within") {
  CHECK(trim(" \t\r\n a b \f\v") == "a b");
  CHECK(trim("\xE3\x80\x80\xC2\xA0 有 据\xC2\xA0\xE3\x80\x80") == "有 据");
  CHECK(trim("\xE3\x80\x80 \xC2\xA0") == "");
  CHECK(trim("") == "");
  CHECK(trim("\xC2\xA1x\xE3\x80\x81") == "\xC2\xA1x\xE3\x80\x81");
}

}  // namespace
}  // namespace grounds
