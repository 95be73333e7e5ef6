// Folds traditional Han letters to simplified ones, letter by letter.
#pragma once

#include <vector>

namespace grounds {

// A fixed function of the letter: the same for documents and questions whatever surrounds it.
class SimplifiedTable {
 public:
  SimplifiedTable();
  char32_t fold(char32_t letter) const;

 private:
  std::vector<char16_t> to_;
};

}  // namespace grounds
