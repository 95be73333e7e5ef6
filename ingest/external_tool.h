// Programs that read formats no library of ours does. A parser cannot start them (its process may start
// nothing); it asks whoever runs it to do so, for bytes it hands over.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "grounds/result.h"

namespace grounds {

// What can be asked for. Which program that is, and its arguments, are fixed in grounds-parse.
enum class ExternalTool : std::uint8_t {
  kPdfText,  // pdftotext of poppler-utils: pages in reading order of the page's layout, parted by form feeds
  kDocText,  // catdoc: Word 97-2003
  kImageText,  // tesseract: the text of an image
  kPdfPageImage,  // pdftoppm of poppler-utils: one page as a grey image (PGM), kPageImageSide pixels on its longer side
  kArchiveToZip,  // bsdtar of libarchive: 7z, rar, tar and cab, as a ZIP archive; see parse_archive() for what it may be given
  kDecompress,  // bsdcat of libarchive: gzip, bzip2, xz and zstd; other bytes as they are
};
inline constexpr std::uint8_t kExternalToolCount = 6;
inline constexpr int kPageImageSide = 2'400;  // A4 at 205 dots an inch

// Its time is counted apart (ParserLimits::ocr_ms): reading what is in images takes seconds a page.
constexpr bool is_ocr(ExternalTool tool) { return tool == ExternalTool::kImageText || tool == ExternalTool::kPdfPageImage; }

struct ToolOutput {
  int exit_code = 0;
  std::string text;  // what it wrote to its standard output
};

// `page`: of kPdfPageImage, from 1; elsewhere 0.
// kUnavailable: the program is not installed, and how to install it. kBadInput: it crashed, took too long or
// wrote too much, or there were too many runs.
using RunTool = std::function<Result<ToolOutput>(ExternalTool tool, std::string_view bytes, std::uint32_t page)>;

}  // namespace grounds
