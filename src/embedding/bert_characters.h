// Characters as the reference BERT tokenizer sees them. Its Unicode data is of several versions, and
// kept here as tables (generate/unicode_tables.py): an update of ICU must not change a vector.
#pragma once

#include <cstdint>
#include <span>

namespace grounds {

enum CharacterFlag : std::uint16_t {
  kDropped = 1,      // removed by clean_text: control, format, private use, NUL, U+FFFD
  kBlank = 2,        // becomes a space by clean_text
  kSeparator = 4,    // white space to the pre-tokenizer
  kPunctuation = 8,  // a word of its own to the pre-tokenizer
  kMark = 16,        // removed by strip_accents (after decomposition)
  kChinese = 32,     // gets spaces around it by handle_chinese_chars
  // For grapheme clusters (Unicode Standard Annex 29), as far as they show in clusters under 6 bytes:
  kExtends = 64,     // belongs to the character before it
  kBreaks = 128,     // a control: nothing joins it
  kPrepends = 256,   // takes the character after it
};

// Bits of CharacterFlag.
std::uint16_t character_flags(char32_t character);
// Canonical combining class.
std::uint8_t combining_class(char32_t character);
// The full canonical decomposition, or nothing if it is the character itself. Valid for the whole
// program run; Hangul syllables are not in the table: see decompose_hangul.
std::span<const char32_t> decomposition(char32_t character);
bool is_hangul_syllable(char32_t character);
// Writes 2 or 3 jamo, returns how many (Unicode, section 3.12).
int decompose_hangul(char32_t syllable, char32_t* jamo);
// The lower-case form, or nothing if it is the character itself.
std::span<const char32_t> lowercase(char32_t character);

}  // namespace grounds
