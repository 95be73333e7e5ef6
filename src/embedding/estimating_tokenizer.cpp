#include "embedding/estimating_tokenizer.h"

#include "base/utf8.h"

namespace grounds {
namespace {

constexpr std::size_t kLettersPerToken = 3, kTokensPerRareCharacter = 4;

bool is_word_character(char32_t c) {
  return (c >= U'0' && c <= U'9') || (c >= U'A' && c <= U'Z') || (c >= U'a' && c <= U'z');
}

bool is_space(char32_t c) { return c <= U' ' || c == 0xA0 || c == 0x3000; }

class EstimatingTokenizer final : public Tokenizer {
 public:
  std::vector<TokenSpan> tokenize(std::string_view text) const override {
    std::vector<TokenSpan> tokens;
    for_each(text, [&](std::size_t begin, std::size_t end) {
      tokens.push_back({0, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
    });
    return tokens;
  }
  std::size_t count(std::string_view text) const override {
    std::size_t count = 0;
    for_each(text, [&](std::size_t, std::size_t) { ++count; });
    return count;
  }
  // One before and one after, as nearly all models have.
  std::vector<std::int64_t> with_special_tokens(const std::vector<TokenSpan>& tokens) const override {
    return std::vector<std::int64_t>(tokens.size() + 2, 0);
  }
  std::size_t vocabulary_size() const override { return 1; }

 private:
  template <class Take>
  static void for_each(std::string_view text, const Take& take) {
    std::size_t word_begin = 0, word_length = 0, position = 0;
    while (position < text.size()) {
      const std::size_t begin = position;
      const char32_t c = next_code_point(text, position);
      if (is_word_character(c)) {
        if (word_length == 0) word_begin = begin;
        if (++word_length < kLettersPerToken) continue;
        take(word_begin, position);
        word_length = 0;
        continue;
      }
      if (word_length > 0) take(word_begin, begin);
      word_length = 0;
      if (is_space(c)) continue;
      for (std::size_t i = 0; i < (c > 0xFFFF ? kTokensPerRareCharacter : 1); ++i) take(begin, position);
    }
    if (word_length > 0) take(word_begin, text.size());
  }
};

}  // namespace

std::shared_ptr<const Tokenizer> make_estimating_tokenizer() { return std::make_shared<EstimatingTokenizer>(); }

}  // namespace grounds
