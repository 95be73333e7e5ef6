// The terms of a chunk, field by field: the one place where it is said which text goes into which field.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "index/analysis/analyzer.h"

namespace grounds {

// Of one document, whose title and file name all its chunks share. `analyzer` must outlive it.
class ChunkTerms {
 public:
  ChunkTerms(const Analyzer& analyzer, std::string_view title, std::string_view uri)
      : analyzer_(analyzer), title_(analyzer.analyze(title)), file_name_(analyzer.analyze(uri)) {}

  // In the order of Field (index/segment/segment.h): title, headings, body, file name. The body is preceded
  // by the header of the table that it continues, if any.
  std::array<std::vector<Token>, 4> of_chunk(std::string_view heading, std::string_view table_header,
                                             std::string_view body) const;

 private:
  const Analyzer& analyzer_;
  std::vector<Token> title_, file_name_;
};

}  // namespace grounds
