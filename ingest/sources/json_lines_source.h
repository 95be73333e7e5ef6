// Documents as JSON Lines, on standard input as a rule.
#pragma once

#include <istream>

#include "ingest/sources/source.h"

namespace grounds {

// One object a line: "uri"; exactly one of "text", "html" and "path" (a file, relative to the working
// directory); and, if wanted, "title" (text), "metadata" (object), "groups" (list of names). A line that is
// anything else is a failure of its own, under its URI if it has one, else as "line N". So is a URI that
// came before. `input` and `file_system` must outlive the source.
std::unique_ptr<Source> open_json_lines(const FileSystem& file_system, std::istream& input);

}  // namespace grounds
