// Which format a file is in, where its bytes say so themselves.
#pragma once

#include <string_view>

#include "ingest/parsers/parse.h"

namespace grounds::parsing {

// Of an archive, by the files in it: an office document, an EPUB, an OFD, else a ZIP archive.
// kBadInput for those that are known and not supported.
Result<Format> detect_zip(std::string_view bytes);
// Of an OLE compound file, by its streams.
Result<Format> detect_compound(std::string_view bytes);

tl::unexpected<Error> unsupported_format(std::string_view kind);

}  // namespace grounds::parsing
