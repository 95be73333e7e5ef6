#include "index/analysis/chunk_terms.h"

#include <string>

namespace grounds {

std::array<std::vector<Token>, 4> chunk_terms(const Analyzer& analyzer, std::string_view title,
                                              std::string_view heading, std::string_view table_header,
                                              std::string_view body, std::string_view uri) {
  std::string text(body);
  if (!table_header.empty()) text = std::string(table_header) + "\n" + text;
  return {analyzer.analyze(title), analyzer.analyze(heading), analyzer.analyze(text), analyzer.analyze(uri)};
}

}  // namespace grounds
