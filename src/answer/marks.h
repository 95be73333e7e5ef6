// Citation marks in an answer: "[3]", "【3】", "[1, 2]".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grounds {

struct Mark {
  std::size_t begin, end;        // bytes of the text, brackets included
  std::uint32_t number;
};

// All marks with numbers of up to four digits, left to right; "[1, 2]" is two with the same bytes.
std::vector<Mark> find_marks(std::string_view text);
// The text with blanks in place of its marks: bytes stand where they stood.
std::string blank_marks(std::string_view text, const std::vector<Mark>& marks);

}  // namespace grounds
