// PDF, by pdftotext: text page by page. Images of pages are read by OCR where that is installed.
#include "base/utf8.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/tool_text.h"

namespace grounds::parsing {
namespace {

// Exit codes of pdftotext.
constexpr int kCannotOpen = 1, kNotPermitted = 3;

bool says_encrypted(std::string_view bytes) { return bytes.find("/Encrypt") != std::string_view::npos; }

}  // namespace

Result<Extract> parse_pdf(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(const ToolOutput output, run_tool(context, ExternalTool::kPdfText, bytes));
  if (output.exit_code == kNotPermitted) {
    return fail(ErrorCode::kBadInput, "the PDF does not permit copying its text", "ask its author for one that does");
  }
  if (output.exit_code != 0 && trim(output.text).empty()) {
    if (output.exit_code == kCannotOpen && says_encrypted(bytes)) {
      return fail(ErrorCode::kBadInput, "the PDF is encrypted and needs a password", "save it without a password; passwords are not taken");
    }
    return fail(ErrorCode::kBadInput, "the PDF is damaged: pdftotext cannot read it", "open it and save it anew");
  }
  ExtractBuilder builder("pdf/1");
  if (output.exit_code != 0) builder.warn("the PDF is damaged and was read in part");
  const std::string text = replace_invalid_utf8(output.text);
  std::string_view rest = text;
  int page = 0;
  std::size_t empty_pages = 0;
  while (!rest.empty() && !builder.over_limit()) {
    builder.set_page(++page);
    auto part = parse_plain_body(unfold_columns(take_page(rest)));
    if (part) builder.add_extract(std::move(*part), 0);
    else ++empty_pages;
  }
  if (!builder.has_blocks() && !builder.over_limit()) {
    return fail(ErrorCode::kBadInput, "the PDF has no text layer: its pages are images (a scan) or empty",
                "run OCR over it first, for example with ocrmypdf");
  }
  if (empty_pages > 0) builder.warn(std::to_string(empty_pages) + " of " + std::to_string(page) + " pages have no text");
  return builder.finish();
}

}  // namespace grounds::parsing
