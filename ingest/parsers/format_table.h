// The formats this build can read: how each is recognised and which function parses it.
#pragma once

#include <span>
#include <string_view>

#include "ingest/extract.h"
#include "ingest/parsers/encoding.h"
#include "ingest/parsers/parse.h"

namespace grounds::parsing {

// A parser of a text format gets the decoded text; its warnings and encoding are dealt with by the caller.
using TextParser = Result<Extract> (*)(std::string_view text);

struct FormatEntry {
  Format format;
  std::string_view name;                        // as people call it
  std::span<const std::string_view> extensions;  // lower case, without the dot
  TextParser parse;
  // The encoding that the bytes themselves declare; nullptr where the format has no such thing.
  std::string (*declared_encoding)(std::string_view bytes);
};

std::span<const FormatEntry> formats();

Result<Extract> parse_markdown(std::string_view text);
Result<Extract> parse_html(std::string_view text);
Result<Extract> parse_plain_text(std::string_view text);
Result<Extract> parse_csv(std::string_view text);
Result<Extract> parse_tsv(std::string_view text);
Result<Extract> parse_xml(std::string_view text);
Result<Extract> parse_source_text(std::string_view text);

}  // namespace grounds::parsing
