// Word 97-2003, by catdoc, and images, by tesseract.
#include <algorithm>

#include "base/utf8.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/tool_text.h"

namespace grounds::parsing {
namespace {

Result<std::string> tool_text(ParseContext& context, ExternalTool tool, std::string_view bytes) {
  GROUNDS_ASSIGN_OR_RETURN(ToolOutput output, run_tool(context, tool, bytes));
  if (trim(output.text).empty()) {
    return fail(ErrorCode::kBadInput, output.exit_code == 0 ? "the document has no text" : "the document is encrypted or damaged",
                "open it and save it anew, as .docx, .xlsx or .pptx");
  }
  return replace_invalid_utf8(output.text);
}

}  // namespace

Result<Extract> parse_legacy_word(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(const std::string text, tool_text(context, ExternalTool::kDocText, bytes));
  ExtractBuilder builder("doc/1");
  auto part = parse_plain_text(text);
  if (!part) return part;
  builder.set_title(part->title);
  builder.add_extract(std::move(*part));
  return builder.finish();
}

Result<Extract> parse_image(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(const ToolOutput output, run_tool(context, ExternalTool::kImageText, bytes));
  if (trim(output.text).empty()) return fail(ErrorCode::kBadInput, "the image has no text that OCR can read");
  ExtractBuilder builder("image/1");
  builder.warn("read by OCR");
  builder.set_page(1);
  auto part = parse_plain_body(ocr_text(output.text));
  if (!part) return part;
  builder.add_extract(std::move(*part));
  return builder.finish();
}

}  // namespace grounds::parsing
