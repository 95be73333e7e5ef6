// The parts of ICU and Snowball that keep state: one set for each thread that analyses at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
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

  struct Stem {
    std::string word, stem;
  };
  std::unique_ptr<Icu> icu_;
  sb_stemmer* stemmer_ = nullptr;
  std::vector<Stem> stems_;  // a cache: each word has one place, where the last that came keeps it
};

}  // namespace grounds
