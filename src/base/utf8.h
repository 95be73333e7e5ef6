// UTF-8 as the rest of the program needs it: validity, code points, and cutting without splitting
// one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace grounds {

bool is_valid_utf8(std::string_view text);
// Replaces each maximal invalid sequence by U+FFFD.
std::string replace_invalid_utf8(std::string_view text);
// The code point that starts at text[position] (which is advanced past it). Text must be valid.
char32_t next_code_point(std::string_view text, std::size_t& position);
void append_utf8(std::string& text, char32_t code_point);
// The largest boundary <= position.
std::size_t floor_boundary(std::string_view text, std::size_t position);
// Han, kana, bopomofo and hangul letters; not punctuation.
bool is_cjk_letter(char32_t code_point);
bool is_han(char32_t code_point);
// True if the text is written in Chinese: at least 2 Han letters, and Han letters >= 20 % of all
// letters (a letter word counts by its letters); and fewer kana than a tenth of the Han letters.
// The fixed rule that assigns a document or a question to the Chinese space.
bool is_chinese(std::string_view text);
// White space trimmed at both ends (ASCII, U+3000, U+00A0).
std::string_view trim(std::string_view text);

}  // namespace grounds
