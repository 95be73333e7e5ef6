// Tables as people write them in Markdown, made fit for md4c.
#pragma once

#include <string>
#include <string_view>

namespace grounds::parsing {

// md4c wants three dashes in each cell of the row below a header, and no paragraph directly above a header;
// GitHub's rules and its users want neither. Widens such rows to three dashes and puts an empty line before
// such headers, outside of fenced code. Whatever else is in the text stays.
std::string normalise_tables(std::string_view text);

}  // namespace grounds::parsing
