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
};
inline constexpr std::uint8_t kExternalToolCount = 3;

struct ToolOutput {
  int exit_code = 0;
  std::string text;  // what it wrote to its standard output
};

// kUnavailable: the program is not installed, and how to install it. kBadInput: it crashed, took too long or
// wrote too much.
using RunTool = std::function<Result<ToolOutput>(ExternalTool tool, std::string_view bytes)>;

}  // namespace grounds
