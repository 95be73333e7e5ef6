// The parts of ICU and Snowball that keep state: one set for each thread that analyses at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grounds/result.h"

struct sb_stemmer;

namespace grounds {

// Not thread-safe.
class WordTools {
 public:
  static Result<std::unique_ptr<WordTools>> create();
  ~WordTools();

  // The English stem of a lower-case word (Porter 2, by Snowball). Valid until the next call.
  std::string_view stem(std::string_view word);
  // Appends `word` to `into` in NFKC case folding, without invisible characters.
  void fold_case(std::string_view word, std::string& into);
  // Ends of the words of a run of letters of a script without spaces (Thai, Khmer, ...), in bytes.
  std::vector<std::size_t> word_ends(std::string_view run);

 private:
  struct Icu;
  WordTools();

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unique_ptr<Icu> icu_;
  sb_stemmer* stemmer_ = nullptr;
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> stems_;  // a bounded cache
};

}  // namespace grounds
