#include "evaluation/line_reader.h"

#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "tests/evaluation/files.h"

namespace grounds {
namespace {

std::vector<std::string> lines_of(const test::Files& files, std::string_view content, Findings& findings) {
  LineReader reader = LineReader::open(files.system(), files.write("lines.txt", content), findings).value();
  std::vector<std::string> lines;
  while (auto line = reader.next().value()) lines.emplace_back(*line);
  return lines;
}

TEST_CASE("lines come without their ends, and the last one needs none") {
  test::Files files;
  Findings findings;
  CHECK(lines_of(files, "a\nb b\nc", findings) == std::vector<std::string>{"a", "b b", "c"});
  CHECK(lines_of(files, "a\n", findings) == std::vector<std::string>{"a"});
  CHECK(lines_of(files, "", findings).empty());
  CHECK(findings.all().empty());
}

TEST_CASE("byte order mark, CR LF and blank lines are passed over, counted, and shown where") {
  test::Files files;
  Findings findings;
  CHECK(lines_of(files, "\xef\xbb\xbf" "a\r\n\r\n  \nb\r\n\xef\xbb\xbf", findings) ==
        std::vector<std::string>{"a", "b", "\xef\xbb\xbf"});
  CHECK(findings.all() == std::vector<Finding>{{FindingKind::kByteOrderMark, 1, "lines.txt"},
                                               {FindingKind::kCarriageReturn, 3, "lines.txt, line 1"},
                                               {FindingKind::kBlankLine, 2, "lines.txt, line 2"}});
}

TEST_CASE("lines longer than a read are put together") {
  test::Files files;
  Findings findings;
  std::mt19937 random(7);
  std::vector<std::string> expected;
  std::string content;
  for (int i = 0; i < 12; ++i) {
    expected.emplace_back(1 + random() % (700 << 10), static_cast<char>('a' + i));
    content += expected.back() + "\n";
  }
  CHECK(lines_of(files, content, findings) == expected);
}

TEST_CASE("a line that is not UTF-8, a folder and a missing file are errors that say where") {
  test::Files files;
  Findings findings;
  LineReader reader = LineReader::open(files.system(), files.write("bad.txt", "good\n\xff\xfe\n"), findings).value();
  REQUIRE(reader.next().has_value());
  auto line = reader.next();
  REQUIRE_FALSE(line.has_value());
  CHECK(line.error().code == ErrorCode::kBadInput);
  CHECK(line.error().message == "bad.txt, line 2 is not valid UTF-8");
  CHECK(LineReader::open(files.system(), files.path(), findings).error().code == ErrorCode::kBadInput);
  CHECK(LineReader::open(files.system(), files.path() + "/none", findings).error().code == ErrorCode::kNotFound);
}

TEST_CASE("a line without end is refused before it fills the memory") {
  test::Files files;
  Findings findings;
  const std::string path = files.write("endless.txt", std::string(kMaxEvaluationLineBytes + 2, 'x'));
  LineReader reader = LineReader::open(files.system(), path, findings).value();
  auto line = reader.next();
  REQUIRE_FALSE(line.has_value());
  CHECK(line.error().message == "endless.txt, line 1 is longer than 64 MiB");
}

}  // namespace
}  // namespace grounds
