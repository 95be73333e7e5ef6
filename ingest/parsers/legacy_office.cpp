// Office 97-2003, by the programs of catdoc, and images, by tesseract.
#include <algorithm>

#include "base/utf8.h"
#include "ingest/parsers/delimited.h"
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

Result<Extract> parse_legacy_excel(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(const std::string text, tool_text(context, ExternalTool::kXlsText, bytes));
  ExtractBuilder builder("xls/1");
  std::string_view rest = text;
  for (int sheet = 1; !rest.empty() && !builder.over_limit(); ++sheet) {
    builder.set_page(sheet);
    const std::string_view page = take_page(rest);
    auto records = read_records(page, ',');
    if (!records) {
      builder.warn("sheet " + std::to_string(sheet) + " was left out: " + records.error().message);
      continue;
    }
    builder.add_table(shape_table(std::move(*records)));
  }
  return builder.finish();
}

Result<Extract> parse_legacy_powerpoint(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(const std::string text, tool_text(context, ExternalTool::kPptText, bytes));
  ExtractBuilder builder("ppt/1");
  std::string_view rest = text;
  for (int slide = 1; !rest.empty() && !builder.over_limit(); ++slide) {
    builder.set_page(slide);
    auto part = parse_plain_body(take_page(rest));
    if (part) builder.add_extract(std::move(*part));
  }
  return builder.finish();
}

Result<Extract> parse_image(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(const ToolOutput output, run_tool(context, ExternalTool::kImageText, bytes));
  if (trim(output.text).empty()) return fail(ErrorCode::kBadInput, "the image has no text that OCR can read");
  ExtractBuilder builder("image/1");
  builder.warn("read by OCR");
  builder.set_page(1);
  auto part = parse_plain_body(replace_invalid_utf8(output.text));
  if (!part) return part;
  builder.add_extract(std::move(*part));
  return builder.finish();
}

}  // namespace grounds::parsing
