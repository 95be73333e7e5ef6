// Encodings: from bytes to UTF-8, and what is no text at all.
#include <doctest/doctest.h>
#include <unicode/ucnv.h>
#include <unicode/unistr.h>

#include "base/utf8.h"
#include "ingest/parsers/encoding.h"
#include "ingest/parsers/parse.h"
#include "tests/ingest/support/extracts.h"

using namespace grounds;
using grounds::testing::parse_error;
using parsing::decode_text;

namespace {

std::string encode(std::string_view utf8, const char* encoding) {
  const icu::UnicodeString text = icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())));
  std::string bytes(utf8.size() * 4 + 16, '\0');
  const auto size = text.extract(0, text.length(), bytes.data(), static_cast<std::uint32_t>(bytes.size()), encoding);
  bytes.resize(static_cast<std::size_t>(size));
  return bytes;
}

const char* const kChinese = "本公司员工手册规定：员工每年可以享受十天带薪年假，具体天数按照工龄计算。销售部门另有规定。";
const char* const kJapanese = "これは製品の説明書です。ポンプの圧力が高すぎる場合は、すぐに停止してください。";
const char* const kKorean = "이 문서는 직원의 휴가 규정을 설명합니다. 연차 휴가는 십 일입니다.";
const char* const kRussian = "Сотрудники имеют право на ежегодный оплачиваемый отпуск продолжительностью двадцать восемь дней.";

}  // namespace

TEST_CASE("text in common encodings is recognised without a declaration") {
  const std::pair<const char*, const char*> cases[] = {
      {kChinese, "GBK"},      {kChinese, "GB18030"}, {kChinese, "UTF-8"},    {kJapanese, "Shift_JIS"},
      {kJapanese, "EUC-JP"},  {kKorean, "EUC-KR"},   {kRussian, "KOI8-R"},   {kRussian, "windows-1251"}};
  for (const auto& [text, encoding] : cases) {
    INFO(encoding);
    const auto decoded = decode_text(encode(text, encoding));
    REQUIRE(decoded.has_value());
    CHECK(decoded->text == text);
  }
}

TEST_CASE("Big5 is recognised from a paragraph") {
  const char* const text = "本公司員工手冊規定：員工每年可以享受十天帶薪年假，具體天數按照年資計算。銷售部門另有規定，請參閱第三章。";
  const auto decoded = decode_text(encode(text, "Big5"));
  REQUIRE(decoded.has_value());
  CHECK(decoded->text == text);
}

TEST_CASE("a few Chinese characters in GBK are enough") {
  CHECK(decode_text(encode("地区,销售额\n华东,100\n", "GBK")).value().text == "地区,销售额\n华东,100\n");
  CHECK(decode_text(encode("部门：财务部", "GBK")).value().text == "部门：财务部");
}

TEST_CASE("a byte order mark decides") {
  for (const char* encoding : {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"}) {
    INFO(encoding);
    const auto decoded = decode_text(encode("\uFEFF标题 x 😀", encoding));
    REQUIRE(decoded.has_value());
    CHECK(decoded->text == "标题 x 😀");
    CHECK(decoded->encoding == encoding);
  }
  CHECK(decode_text("\xEF\xBB\xBFx").value().text == "x");
}

TEST_CASE("UTF-16 without a mark is recognised by its zero bytes") {
  CHECK(decode_text(encode("Plain English text", "UTF-16LE")).value().text == "Plain English text");
  CHECK(decode_text(encode("Plain English text", "UTF-16BE")).value().text == "Plain English text");
}

TEST_CASE("a declaration is followed unless the bytes are UTF-8 all the same") {
  CHECK(decode_text("caf\xE9", "iso-8859-1").value().text == "café");
  CHECK(decode_text("caf\xC3\xA9", "iso-8859-1").value().text == "café");
  CHECK(decode_text("\x1B$B%F%9%H\x1B(B", "iso-2022-jp").value().text == "テスト");
  CHECK(decode_text("plain", "no-such-encoding").value().text == "plain");
}

TEST_CASE("a declared name with bytes that are no name is no declaration") {
  const auto extract = grounds::testing::parse("a.html", "<meta charset=\xE3utf-8><p>caf\xE9 x");
  CHECK(extract.text == "café x");
  CHECK(extract.map_to_json().find("UTF-8") == std::string::npos);
}

TEST_CASE("a few broken bytes in UTF-8 are replaced and reported") {
  const auto decoded = decode_text(std::string(kChinese) + "\xFF" + kChinese);
  REQUIRE(decoded.has_value());
  CHECK(decoded->encoding == "UTF-8");
  CHECK(decoded->text == std::string(kChinese) + "\uFFFD" + kChinese);
  CHECK(decoded->warnings == std::vector<std::string>{"1 invalid UTF-8 sequence replaced"});
}

TEST_CASE("line ends become line feeds") {
  CHECK(decode_text("a\r\nb\rc\n\r\n").value().text == "a\nb\nc\n\n");
}

TEST_CASE("a binary file is refused with a word on what it looks like, whatever its name") {
  using namespace std::string_literals;
  CHECK(parse_error("a.txt", "\x7F" "ELF\x02\x01\0"s) == "this is an ELF program, which is not supported");
  CHECK(parse_error("a.md", "\x7F" "ELF\2\1\1\0"s) == "this is an ELF program, which is not supported");
  CHECK(parse_error("a.docx", "PK\3\4aaaa"s) == "the archive is damaged or cut off: it is too short");
  CHECK(parse_error("a.txt", "abc\0def\1\2"s) == "the file is binary, not text: it has zero bytes");
  CHECK(parse_error("a.txt", std::string(50, '\1') + "abc") == "the file is binary, not text: it is full of control characters");
  CHECK(parse_error("a.svg", "<svg/>") == "this is an SVG image, which is not supported");
}

TEST_CASE("an empty file and one of white space are refused") {
  CHECK(parse_error("a.txt", "") == "the file is empty");
  for (const char* name : {"a.txt", "a.md", "a.html", "a.csv", "a.tsv", "a.json"}) {
    CHECK(parse_error(name, " \n\t\n ") == "the document has no text");
  }
}

TEST_CASE("a text larger than one document may be is refused by its size") {
  CHECK(parse_error("a.txt", std::string(70u << 20, 'x')) == "the file is too large: 70 MB of text, at most 64 MB are read");
}

TEST_CASE("a file without a known extension is text, or HTML if it starts like it") {
  CHECK(detect_format("README", "hello").value() == Format::kText);
  CHECK(detect_format("page", "\n <!DOCTYPE HTML>").value() == Format::kHtml);
  CHECK(detect_format("A.MD", "x").value() == Format::kMarkdown);
}
