// Delimiter-separated values (RFC 4180, and what programs write in its name).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"
#include "ingest/parsers/extract_builder.h"

namespace grounds::parsing {

using Records = std::vector<std::vector<std::string>>;

// The records of `text`. A field in double quotes may hold delimiters, line breaks and doubled quotes; a
// quote inside a field that does not start with one is an ordinary character; what follows a closing
// quote belongs to the field. Lines without any character are no records.
// kBadInput: a quoted field that does not end, or more cells than limits.h allows.
Result<Records> read_records(std::string_view text, char delimiter);

// Of "," ";" tab and "|", the one that parts the first records most evenly; "," if none does.
char detect_delimiter(std::string_view text);

// Records as a table: lines above the header that hold one cell only are its caption, the first full one is
// its header if it names columns. Blank records are dropped.
TableContent shape_table(Records records);

// True if a record names columns: most of its cells are filled, at least one with a name, and none with a
// number but for years ("Region,2023,2024").
bool looks_like_header(const std::vector<std::string>& record);

// How many cells of a record hold anything.
std::size_t filled_cells(const std::vector<std::string>& record);

}  // namespace grounds::parsing
