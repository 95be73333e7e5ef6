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

// NFKC case folding, Snowball stemming (English), identifiers whole as well as in parts, CJK letters by
// themselves and in overlapping pairs, traditional letters as simplified ones, ICU's dictionary for
// scripts without spaces. Bytes that are no UTF-8 separate words. Thread-safe.
class Analyzer {
 public:
  static Result<std::shared_ptr<const Analyzer>> create();
  virtual ~Analyzer() = default;
  // Names the rules with the ICU and Snowball versions; an index made with another is not written to.
  virtual const std::string& identity() const = 0;
  // The terms of a document, ascending by position.
  virtual std::vector<Token> analyze(std::string_view text) const = 0;
  // The terms of a question: a subset of those of the same text as a document. Of a run of CJK letters
  // only the pairs; no stop words, unless nothing else is left.
  virtual std::vector<Token> analyze_query(std::string_view text) const = 0;
  // As analyze_query, stop words included: what must stand in a body side by side.
  virtual std::vector<Token> analyze_phrase(std::string_view text) const = 0;
};

}  // namespace grounds
