// PDF, by pdftotext: text page by page. Pages without text are read as images, by OCR where that is installed.
#include "base/utf8.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/page_ocr.h"
#include "ingest/parsers/tool_text.h"

namespace grounds::parsing {
namespace {

// Exit codes of pdftotext.
constexpr int kCannotOpen = 1, kNotPermitted = 3;

std::string pages(std::size_t count) { return std::to_string(count) + (count == 1 ? " page" : " pages"); }

// No page has text: why, and what helps.
Error no_text_layer(const PageOcr& ocr) {
  Error error{ErrorCode::kBadInput, "the PDF has no text layer, and its pages are blank or show nothing that OCR can read", {}};
  if (ocr.reason()) {
    error.message = "the PDF has no text layer: its pages are images (a scan) or empty, and OCR could not read them: " + ocr.reason()->message;
    error.hint = ocr.reason()->hint.empty() ? "run OCR over it first, for example with ocrmypdf" : ocr.reason()->hint;
  }
  return error;
}

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
  std::uint32_t page = 0;
  PageOcr ocr(bytes, context);
  while (!rest.empty() && !builder.over_limit()) {
    builder.set_page(static_cast<int>(++page));
    std::string shown = unfold_columns(take_page(rest));
    if (trim(shown).empty()) shown = ocr.read(page);
    if (auto part = parse_plain_body(shown)) builder.add_extract(std::move(*part), 0);
  }
  if (!builder.has_blocks() && !builder.over_limit()) return fail(no_text_layer(ocr));
  if (ocr.pages_read() > 0) builder.warn(pages(ocr.pages_read()) + " read by OCR");
  if (ocr.pages_blank() > 0) builder.warn(pages(ocr.pages_blank()) + " of " + std::to_string(page) + " without text");
  if (ocr.pages_left() > 0) {
    builder.warn(pages(ocr.pages_left()) + " of " + std::to_string(page) + " without a text layer left out: " + ocr.reason()->message);
  }
  return builder.finish();
}

}  // namespace grounds::parsing
