// The terms of a chunk, field by field: the one place where it is said which text goes into which field.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "index/analysis/analyzer.h"

namespace grounds {

// In the order of Field (index/segment/segment.h): title, headings, body, file name. The body is preceded by
// the header of the table that it continues, if any.
std::array<std::vector<Token>, 4> chunk_terms(const Analyzer& analyzer, std::string_view title,
                                              std::string_view heading, std::string_view table_header,
                                              std::string_view body, std::string_view uri);

}  // namespace grounds
