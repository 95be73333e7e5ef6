// Sentence and word boundaries (Unicode Standard Annex 29, by ICU; Chinese words by ICU's dictionary).
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace grounds::chunking {

// [begin, end) in bytes of the text that was split, without white space at its ends.
using Span = std::pair<std::size_t, std::size_t>;

// Not thread-safe. Making one costs about 0.1 ms.
class TextSplitter {
 public:
  TextSplitter();
  ~TextSplitter();
  TextSplitter(const TextSplitter&) = delete;
  TextSplitter& operator=(const TextSplitter&) = delete;

  // All of the text but white space between the spans. Line ends part sentences.
  std::vector<Span> sentences(std::string_view text);
  std::vector<Span> lines(std::string_view text) const;
  // The words at the front of a text that does not start with white space, punctuation attached to the
  // word before it. Reads `kWordWindow` bytes; the spans reach up to a word boundary in there, or are one
  // span of the first part of a word that is longer. Never empty.
  std::vector<Span> leading_words(std::string_view text);

  static constexpr std::size_t kWordWindow = 8192;

 private:
  struct Iterators;
  std::unique_ptr<Iterators> iterators_;
};

}  // namespace grounds::chunking
