#include "index/analysis/normal_text.h"

#include <doctest/doctest.h>

#include <string>

using grounds::NormalText;

namespace {

// The source bytes behind the first occurrence of `part` in the normal text.
std::string source_of(const std::string& source, const std::string& part) {
  const NormalText normal(source);
  const std::size_t at = normal.text().find(part);
  REQUIRE(at != std::string::npos);
  const auto begin = static_cast<std::uint32_t>(at), end = static_cast<std::uint32_t>(at + part.size());
  return source.substr(normal.source_begin(begin), normal.source_end(end) - normal.source_begin(begin));
}

}  // namespace

TEST_CASE("a text in normal form is not copied") {
  const std::string text = "plain text, 中文";
  CHECK(NormalText(text).text().data() == text.data());
}

TEST_CASE("places in the normal text lead back to the source bytes") {
  CHECK(source_of("ｆｕｌｌ width", "full") == "ｆｕｌｌ");
  CHECK(source_of("ｆｕｌｌ width", "width") == "width");
  CHECK(source_of("a ﬁne day", "fine") == "ﬁne");
  CHECK(source_of("cafe\u0301 noir", "caf\u00e9") == "cafe\u0301");
  CHECK(source_of("cafe\u0301 noir", "noir") == "noir");
  CHECK(source_of("，ｶﾞｽ。", "ガス") == "ｶﾞｽ");
  CHECK(source_of("１，５７７ 元", "元") == "元");
}

TEST_CASE("bytes that are no UTF-8 do not stop normalisation") {
  const std::string source = "ok \xff\xfe ｏｋ";
  const NormalText normal(source);
  CHECK(normal.text().ends_with(" ok"));
}
