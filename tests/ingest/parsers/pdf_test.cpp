// PDF: which page gets what, and pages without text, with programs that are played here.
#include <doctest/doctest.h>

#include <map>

#include "ingest/parsers/page_ocr.h"
#include "ingest/parsers/parse.h"
#include "tests/ingest/support/extracts.h"

using namespace grounds;
using grounds::parsing::is_blank_page;
using grounds::testing::describe_blocks;
using Lines = std::vector<std::string>;

namespace {

std::string pgm(char paper, std::size_t marks) {
  std::string image = "P5\n# scanned\n40 50\n255\n" + std::string(2000, paper);
  for (std::size_t i = 0; i < marks; ++i) image[image.size() - 1 - i] = '\0';
  return image;
}

// What the programs say of one PDF.
struct Programs {
  std::string text;                              // pages, parted by form feeds
  std::map<std::uint32_t, std::string> scanned;  // what is to be read on a page; pages not in it are blank
  bool has_tesseract = true;
  std::uint32_t broken_page = 0;                 // tesseract fails on it
  std::size_t rendered = 0, read = 0;
  std::uint32_t last_page = 0;                   // that was rendered

  Result<ToolOutput> run(ExternalTool tool, std::string_view bytes, std::uint32_t page) {
    if (tool == ExternalTool::kPdfText) return ToolOutput{0, text};
    if (tool == ExternalTool::kPdfPageImage) {
      ++rendered;
      last_page = page;
      return ToolOutput{0, pgm('\xF0', scanned.contains(page) ? 200 : 3)};
    }
    CHECK(tool == ExternalTool::kImageText);
    CHECK(bytes.starts_with("P5"));
    if (!has_tesseract) return fail(ErrorCode::kUnavailable, "this is read by tesseract, which is not installed", "install the package tesseract-ocr");
    if (last_page == broken_page) return fail(ErrorCode::kBadInput, "tesseract crashed on it (signal 11)");
    ++read;
    return ToolOutput{0, scanned.at(last_page)};
  }
};

Result<Extract> parse_with(Programs& programs) {
  return parse_document("a.pdf", "%PDF-1.4", [&](ExternalTool tool, std::string_view bytes, std::uint32_t page) { return programs.run(tool, bytes, page); });
}

}  // namespace

TEST_CASE("a page without text is read by OCR, and stands on its own page") {
  Programs programs{"Page one.\f\f  \n\fPage four.\f", {{2, "Scanned two.\n"}}};
  const auto extract = parse_with(programs);
  REQUIRE(extract.has_value());
  CHECK(describe_blocks(*extract) == Lines{"paragraph Page one.", "paragraph Scanned two.", "paragraph Page four."});
  CHECK(extract->blocks[1].page == 2);
  CHECK(extract->blocks[2].page == 4);
  CHECK(extract->warnings == Lines{"1 page read by OCR", "1 page of 4 without text"});
  CHECK(programs.rendered == 2);
  CHECK(programs.read == 1);  // the blank page is not read
}

TEST_CASE("a PDF whose pages all have text starts no other program") {
  Programs programs{"One.\fTwo.\f", {}};
  REQUIRE(parse_with(programs).has_value());
  CHECK(programs.rendered == 0);
}

TEST_CASE("without tesseract a scan is refused with what to install, and a page of a report is left out with a warning") {
  Programs scan{"\f\f\f", {{1, "x"}, {2, "y"}, {3, "z"}}, false};
  const auto refused = parse_with(scan);
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code == ErrorCode::kBadInput);
  CHECK(refused.error().message.find("no text layer") != std::string::npos);
  CHECK(refused.error().message.find("tesseract, which is not installed") != std::string::npos);
  CHECK(refused.error().hint == "install the package tesseract-ocr");
  CHECK(scan.rendered == 1);  // it is asked for once
  Programs report{"Text.\f\f", {{2, "y"}}, false};
  const auto extract = parse_with(report);
  REQUIRE(extract.has_value());
  CHECK(extract->warnings == Lines{"1 page of 2 without a text layer left out: this is read by tesseract, which is not installed"});
}

TEST_CASE("a page that OCR fails on costs that page") {
  Programs programs{"\f\f", {{1, "One."}, {2, "Two."}}, true, 1};
  const auto extract = parse_with(programs);
  REQUIRE(extract.has_value());
  CHECK(describe_blocks(*extract) == Lines{"paragraph Two."});
  CHECK(extract->warnings == Lines{"1 page read by OCR", "1 page of 2 without a text layer left out: tesseract crashed on it (signal 11)"});
}

TEST_CASE("of a long scan so many pages are read as the limit allows") {
  Programs programs{std::string(250, '\f'), {}};
  for (std::uint32_t page = 1; page <= 250; ++page) programs.scanned[page] = "Page " + std::to_string(page) + ".";
  const auto extract = parse_with(programs);
  REQUIRE(extract.has_value());
  CHECK(programs.rendered == parsing::kMaxOcrPages);
  CHECK(extract->blocks.size() == parsing::kMaxOcrPages);
  CHECK(extract->warnings.back() == "150 pages of 250 without a text layer left out: at most 100 pages of a document are read by OCR");
}

TEST_CASE("a page is blank if next to nothing on it differs from its paper") {
  CHECK(is_blank_page(pgm('\xFF', 0)));
  CHECK(is_blank_page(pgm('\x80', 39)));
  CHECK(!is_blank_page(pgm('\xFF', 40)));
  CHECK(is_blank_page(pgm('\0', 40)));  // black paper
  for (const char* bad : {"", "P5", "P5\n", "P5 4", "P5 4 4", "P6 1 1 255 abc", "not an image"}) CHECK(!is_blank_page(bad));
}
