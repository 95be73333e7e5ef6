// What a letter of a text is, for the analyzer.
#pragma once

#include <cstddef>
#include <string_view>

namespace grounds {

enum class CharacterKind {
  kSeparator,   // white space, punctuation, symbols
  kWord,        // letters, digits and marks of scripts written with words
  kInvisible,   // no letter of its own, but does not end a word: soft hyphen, joiners
  kCjk,         // Han, kana, bopomofo, hangul
};

struct Character {
  char32_t code_point = 0;
  CharacterKind kind = CharacterKind::kSeparator;
  std::size_t end = 0;      // where the next one starts
};

// The character at text[at]. Bytes that are no UTF-8 are separators of one byte.
Character character_at(std::string_view text, std::size_t at);

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
inline bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// Whether the script of any of the letters is written without spaces between words (Thai, Khmer, ...).
bool needs_dictionary(std::string_view run);
// Whether all letters are of the Latin script, and there are no digits.
bool is_latin_word(std::string_view run);

}  // namespace grounds
