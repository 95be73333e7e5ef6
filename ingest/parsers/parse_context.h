// What the parsing of one document may still cost, shared by all documents inside of it (archives,
// attachments), and what it may ask for.
#pragma once

#include <cstdint>
#include <string_view>

#include "ingest/external_tool.h"
#include "ingest/extract.h"
#include "ingest/parsers/limits.h"

namespace grounds::parsing {

struct ParseContext {
  const RunTool* run_tool = nullptr;  // nullptr: no external tools
  int depth = 0;                      // documents inside documents
  std::uint64_t unpacked_bytes_left = kMaxUnpackedBytes;
  std::uint64_t parts_left = kMaxParts;
};

// A document inside of another, by its own name and content. kBadInput: nested too deeply, too many parts,
// or what parsing it alone gives.
Result<Extract> parse_part(std::string_view name, std::string_view bytes, ParseContext& context);

}  // namespace grounds::parsing
