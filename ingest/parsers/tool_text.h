// Formats that programs outside of the parser turn into text.
#pragma once

#include <string>
#include <string_view>

#include "ingest/parsers/parse_context.h"

namespace grounds::parsing {

// Runs a tool over the bytes. kBadInput where there is none to run, or as RunTool has it.
Result<ToolOutput> run_tool(ParseContext& context, ExternalTool tool, std::string_view bytes, std::uint32_t page = 0);

// The part of `text` up to the next form feed, which is taken off with it.
std::string_view take_page(std::string_view& text);

// What OCR read, with the spaces that it puts between characters of scripts without spaces left out.
std::string ocr_text(std::string_view output);

// A page whose lines stand in two columns with an empty strip between them: the left column's lines, then the
// right one's, between lines that go across. Other pages as they are.
std::string unfold_columns(std::string_view page);

}  // namespace grounds::parsing
