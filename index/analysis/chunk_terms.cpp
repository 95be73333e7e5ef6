#include "index/analysis/chunk_terms.h"

#include <string>

namespace grounds {

std::array<std::vector<Token>, 4> ChunkTerms::of_chunk(std::string_view heading, std::string_view table_header,
                                                       std::string_view body) const {
  std::string text(body);
  if (!table_header.empty()) text = std::string(table_header) + "\n" + text;
  return {title_, analyzer_.analyze(heading), analyzer_.analyze(text), file_name_};
}

}  // namespace grounds
