// The formats this build can read: how each is recognised and which function parses it.
#pragma once

#include <span>
#include <string_view>

#include "ingest/extract.h"
#include "ingest/parsers/encoding.h"
#include "ingest/parsers/parse.h"
#include "ingest/parsers/parse_context.h"

namespace grounds::parsing {

// A parser of a text format gets the decoded text; its warnings and encoding are dealt with by the caller.
using TextParser = Result<Extract> (*)(std::string_view text);
// All others get the bytes.
using BytesParser = Result<Extract> (*)(std::string_view bytes, ParseContext& context);

struct FormatEntry {
  Format format;
  std::string_view name;                        // as people call it
  std::span<const std::string_view> extensions;  // lower case, without the dot
  TextParser parse;                             // exactly one of the two
  BytesParser parse_bytes;
  // The encoding that the bytes themselves declare; nullptr where the format has no such thing.
  std::string (*declared_encoding)(std::string_view bytes);
};

std::span<const FormatEntry> formats();

Result<Extract> parse_markdown(std::string_view text);
Result<Extract> parse_html(std::string_view text);
Result<Extract> parse_plain_text(std::string_view text);
// The text of a mail: as plain text, but its first line is no title.
Result<Extract> parse_plain_body(std::string_view text);
Result<Extract> parse_csv(std::string_view text);
Result<Extract> parse_tsv(std::string_view text);
Result<Extract> parse_xml(std::string_view text);
Result<Extract> parse_source_text(std::string_view text);
Result<Extract> parse_json_document(std::string_view text);
Result<Extract> parse_json_lines(std::string_view text);
Result<Extract> parse_notebook(std::string_view text);

Result<Extract> parse_docx(std::string_view bytes, ParseContext& context);
Result<Extract> parse_xlsx(std::string_view bytes, ParseContext& context);
Result<Extract> parse_pptx(std::string_view bytes, ParseContext& context);
Result<Extract> parse_odt(std::string_view bytes, ParseContext& context);
Result<Extract> parse_ods(std::string_view bytes, ParseContext& context);
Result<Extract> parse_odp(std::string_view bytes, ParseContext& context);
Result<Extract> parse_epub(std::string_view bytes, ParseContext& context);
Result<Extract> parse_ofd(std::string_view bytes, ParseContext& context);
Result<Extract> parse_zip(std::string_view bytes, ParseContext& context);
Result<Extract> parse_pdf(std::string_view bytes, ParseContext& context);
Result<Extract> parse_rtf(std::string_view bytes, ParseContext& context);
Result<Extract> parse_mail(std::string_view bytes, ParseContext& context);
Result<Extract> parse_mailbox(std::string_view bytes, ParseContext& context);
Result<Extract> parse_web_archive(std::string_view bytes, ParseContext& context);
Result<Extract> parse_outlook_message(std::string_view bytes, ParseContext& context);
Result<Extract> parse_legacy_word(std::string_view bytes, ParseContext& context);
Result<Extract> parse_legacy_excel(std::string_view bytes, ParseContext& context);
Result<Extract> parse_legacy_powerpoint(std::string_view bytes, ParseContext& context);
Result<Extract> parse_dbase(std::string_view bytes, ParseContext& context);
Result<Extract> parse_image(std::string_view bytes, ParseContext& context);
Result<Extract> parse_binary_workbook(std::string_view bytes, ParseContext& context);
Result<Extract> parse_keynote(std::string_view bytes, ParseContext& context);
Result<Extract> parse_archive(std::string_view bytes, ParseContext& context);

}  // namespace grounds::parsing
