#include "base/utf8.h"

#include <algorithm>
#include <array>

namespace grounds {
namespace {

struct Decoded {
  char32_t code_point;
  std::size_t length;  // bytes used; of an invalid sequence: its maximal subpart, at least 1
  bool valid;
};

// Unicode 15, table 3-7 (well-formed UTF-8): the second byte's range depends on the first.
Decoded decode(std::string_view text, std::size_t position) {
  const auto byte_at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte_at(position);
  if (first < 0x80) return {first, 1, true};
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  char32_t code_point = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
    code_point = first & 0x1F;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    code_point = first & 0x0F;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;  // no surrogates
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    code_point = first & 0x07;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;  // nothing above U+10FFFF
  } else {
    return {0xFFFD, 1, false};
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (position + i >= text.size()) return {0xFFFD, i, false};
    const unsigned char next = byte_at(position + i);
    if (next < low || next > high) return {0xFFFD, i, false};
    code_point = code_point << 6 | (next & 0x3F);
    low = 0x80;
    high = 0xBF;
  }
  return {code_point, length, true};
}

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t Size>
bool contains(const std::array<Range, Size>& ranges, char32_t code_point) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), code_point,
                       [](char32_t value, const Range& range) { return value < range.first; });
  return after != ranges.begin() && code_point <= std::prev(after)->last;
}

// Fixed tables rather than ICU's: the rules below assign texts to spaces for good, so they must not
// move with a library's Unicode version. Each is sorted.
constexpr std::array<Range, 7> kHan = {{
    {0x3005, 0x3005},
    {0x3007, 0x3007},
    {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},
    {0xF900, 0xFAFF},
    {0x20000, 0x2FA1F},
    {0x30000, 0x323AF},
}};
constexpr std::array<Range, 7> kKana = {{
    {0x3041, 0x3096},
    {0x309D, 0x309F},
    {0x30A1, 0x30FA},
    {0x30FC, 0x30FF},
    {0x31F0, 0x31FF},
    {0xFF66, 0xFF9D},
    {0x1B000, 0x1B16F},
}};
constexpr std::array<Range, 8> kBopomofoAndHangul = {{
    {0x1100, 0x11FF},
    {0x3105, 0x312F},
    {0x3131, 0x318E},
    {0x31A0, 0x31BF},
    {0xA960, 0xA97C},
    {0xAC00, 0xD7A3},
    {0xD7B0, 0xD7FB},
    {0xFFA0, 0xFFDC},
}};
// The alphabets other than the above, by block: enough to weigh Han against the rest of a text.
constexpr std::array<Range, 13> kOtherLetters = {{
    {'A', 'Z'},
    {'a', 'z'},
    {0xC0, 0xD6},
    {0xD8, 0xF6},
    {0xF8, 0x2AF},
    {0x370, 0x10FF},
    {0x1200, 0x1FFF},
    {0x2C00, 0x2DDF},
    {0xA4D0, 0xABFF},
    {0xFB00, 0xFDFF},
    {0xFE70, 0xFEFC},
    {0xFF21, 0xFF3A},
    {0xFF41, 0xFF5A},
}};

bool is_letter(char32_t code_point) {
  return contains(kOtherLetters, code_point) || is_cjk_letter(code_point);
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const Decoded decoded = decode(text, position);
    if (!decoded.valid) return false;
    position += decoded.length;
  }
  return true;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t position = 0; position < text.size();) {
    const Decoded decoded = decode(text, position);
    if (decoded.valid) {
      clean.append(text.substr(position, decoded.length));
    } else {
      clean.append("\xEF\xBF\xBD");
    }
    position += decoded.length;
  }
  return clean;
}

char32_t next_code_point(std::string_view text, std::size_t& position) {
  const Decoded decoded = decode(text, position);
  position += decoded.length;
  return decoded.code_point;
}

void append_utf8(std::string& text, char32_t code_point) {
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)) code_point = 0xFFFD;
  if (code_point < 0x80) {
    text += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    text += static_cast<char>(0xC0 | code_point >> 6);
    text += static_cast<char>(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    text += static_cast<char>(0xE0 | code_point >> 12);
    text += static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (code_point & 0x3F));
  } else {
    text += static_cast<char>(0xF0 | code_point >> 18);
    text += static_cast<char>(0x80 | (code_point >> 12 & 0x3F));
    text += static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (code_point & 0x3F));
  }
}

std::size_t floor_boundary(std::string_view text, std::size_t position) {
  if (position >= text.size()) return text.size();
  while (position > 0 && (static_cast<unsigned char>(text[position]) & 0xC0) == 0x80) --position;
  return position;
}

bool is_han(char32_t code_point) {
  return contains(kHan, code_point);
}

bool is_cjk_letter(char32_t code_point) {
  return is_han(code_point) || contains(kKana, code_point) ||
         contains(kBopomofoAndHangul, code_point);
}

bool is_chinese(std::string_view text) {
  std::size_t han = 0;
  std::size_t kana = 0;
  std::size_t letters = 0;
  for (std::size_t position = 0; position < text.size();) {
    const char32_t code_point = next_code_point(text, position);
    if (is_han(code_point)) ++han;
    if (contains(kKana, code_point)) ++kana;
    if (is_letter(code_point)) ++letters;
  }
  return han >= 2 && han * 5 >= letters && kana * 10 < han;
}

std::string_view trim(std::string_view text) {
  // The white space at one end, in bytes: ASCII, U+00A0 (C2 A0), U+3000 (E3 80 80).
  const auto is_ascii_space = [](char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
  };
  constexpr std::string_view kNoBreakSpace = "\xC2\xA0";
  constexpr std::string_view kIdeographicSpace = "\xE3\x80\x80";
  while (!text.empty()) {
    if (is_ascii_space(text.front()))
      text.remove_prefix(1);
    else if (text.starts_with(kNoBreakSpace))
      text.remove_prefix(2);
    else if (text.starts_with(kIdeographicSpace))
      text.remove_prefix(3);
    else
      break;
  }
  while (!text.empty()) {
    if (is_ascii_space(text.back()))
      text.remove_suffix(1);
    else if (text.ends_with(kNoBreakSpace))
      text.remove_suffix(2);
    else if (text.ends_with(kIdeographicSpace))
      text.remove_suffix(3);
    else
      break;
  }
  return text;
}

}  // namespace grounds
