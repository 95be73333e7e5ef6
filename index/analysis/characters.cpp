#include "index/analysis/characters.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "base/utf8.h"

namespace grounds {

namespace {

// The next code point of `text`, negative if it is none.
UChar32 decode(std::string_view text, std::size_t& at) {
  UChar32 code_point = 0;
  U8_NEXT(text.data(), at, text.size(), code_point);
  return code_point;
}

CharacterKind kind_of(UChar32 code_point) {
  constexpr UChar32 kZeroWidthSpace = 0x200B;
  if (code_point < 0 || code_point == kZeroWidthSpace) return CharacterKind::kSeparator;
  if (is_cjk_letter(static_cast<char32_t>(code_point))) return CharacterKind::kCjk;
  if (u_hasBinaryProperty(code_point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return CharacterKind::kInvisible;
  if (u_isalnum(code_point) || (U_MASK(u_charType(code_point)) & U_GC_M_MASK) != 0) return CharacterKind::kWord;
  return CharacterKind::kSeparator;
}

}  // namespace

Character character_at(std::string_view text, std::size_t at) {
  const char first = text[at];
  if (static_cast<unsigned char>(first) < 0x80) {
    const bool word = is_digit(first) || is_ascii_letter(first);
    return {static_cast<char32_t>(first), word ? CharacterKind::kWord : CharacterKind::kSeparator, at + 1};
  }
  std::size_t end = at;
  const UChar32 code_point = decode(text, end);
  return {static_cast<char32_t>(code_point), kind_of(code_point), end};
}

bool needs_dictionary(std::string_view run) {
  for (std::size_t at = 0; at < run.size();) {
    const UChar32 code_point = decode(run, at);
    if (code_point >= 0x0E00 && u_getIntPropertyValue(code_point, UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT) return true;
  }
  return false;
}

bool is_latin_word(std::string_view run) {
  if (std::all_of(run.begin(), run.end(), [](char c) { return is_ascii_letter(c) || c == '\''; })) return true;
  for (std::size_t at = 0; at < run.size();) {
    const UChar32 code_point = decode(run, at);
    if (code_point == '\'') continue;
    if (code_point < 0 || u_isdigit(code_point)) return false;
    UErrorCode error = U_ZERO_ERROR;
    const UScriptCode script = uscript_getScript(code_point, &error);
    if (script != USCRIPT_LATIN && script != USCRIPT_INHERITED && script != USCRIPT_COMMON) return false;
  }
  return true;
}

}  // namespace grounds
