// Tokenizers: text to the ids a model was trained on, with the bytes each id came from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "grounds/result.h"

namespace grounds {

struct TokenSpan {
  std::int64_t id = 0;
  std::uint32_t begin = 0, end = 0;  // bytes of the text
};

// Thread-safe. Ids and offsets equal those of the reference implementation (PyPI `tokenizers`) for the
// same tokenizer.json.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // Tokens of the text without special tokens. Text must be valid UTF-8.
  virtual std::vector<TokenSpan> tokenize(std::string_view text) const = 0;
  // tokenize(text).size(), without building the list where that is cheaper.
  virtual std::size_t count(std::string_view text) const = 0;
  // The ids with the model's special tokens around them ([CLS] ... [SEP]).
  virtual std::vector<std::int64_t> with_special_tokens(const std::vector<TokenSpan>& tokens) const = 0;
  // Ids are below this; a model has one row of its table for each.
  virtual std::size_t vocabulary_size() const = 0;
};

// Reads tokenizer.json (WordPiece or Unigram). kBadInput for what is not supported, naming it.
Result<std::shared_ptr<const Tokenizer>> load_tokenizer(const FileSystem& file_system, const std::string& path);

}  // namespace grounds
