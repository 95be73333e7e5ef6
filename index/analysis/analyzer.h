// Text to terms, for English, Chinese and mixtures of both. Same terms for a document and a question.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"

namespace grounds {

// A term at a place. Variants of one word (an identifier whole and in parts) share a position.
struct Token {
  std::string term;
  std::uint32_t position = 0;
  std::uint32_t begin = 0, end = 0;  // bytes of the text
};

// ICU word boundaries, NFKC case folding, Snowball stemming (English), overlapping bigrams over runs
// of CJK letters, simplified/traditional folding, identifiers whole as well as split. Thread-safe.
class Analyzer {
 public:
  static Result<std::shared_ptr<const Analyzer>> create();
  virtual ~Analyzer() = default;
  // Names the rules with the ICU and Snowball versions; an index made with another is not written to.
  virtual const std::string& identity() const = 0;
  virtual std::vector<Token> analyze(std::string_view text) const = 0;
  // As analyze, for a question: without stop words unless nothing else is left.
  virtual std::vector<Token> analyze_query(std::string_view text) const = 0;
};

}  // namespace grounds
