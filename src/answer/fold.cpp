#include "answer/fold.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace grounds {
namespace {

bool is_invisible(char32_t c) {
  return c == 0xAD || c == 0x034F || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x2064) || c == 0xFEFF;
}

bool is_space(char32_t c) { return c <= 0x20 || c == 0x85 || u_isUWhiteSpace(static_cast<UChar32>(c)); }

char32_t fold_one(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) c = c - 0xFF01 + 0x21;
  switch (c) {
    case 0x2018: case 0x2019: case 0x201B: return U'\'';
    case 0x201C: case 0x201D: case 0x201F: return U'"';
    case 0x2010: case 0x2011: case 0x2012: case 0x2013: case 0x2212: return U'-';
    default: break;
  }
  return static_cast<char32_t>(u_foldCase(static_cast<UChar32>(c), U_FOLD_CASE_DEFAULT));
}

char32_t take(std::string_view text, std::size_t& position) {
  int i = static_cast<int>(position);
  UChar32 c;
  U8_NEXT(text.data(), i, static_cast<int>(text.size()), c);
  position = static_cast<std::size_t>(i);
  return c < 0 ? char32_t{0xFFFD} : static_cast<char32_t>(c);
}

}  // namespace

FoldedText fold_text(std::string_view text) {
  FoldedText folded;
  folded.text.reserve(text.size());
  folded.begins.reserve(text.size());
  folded.ends.reserve(text.size());
  std::size_t position = 0;
  while (position < text.size()) {
    const std::size_t begin = position;
    const char32_t c = take(text, position);
    if (is_invisible(c)) continue;
    const auto end = static_cast<std::uint32_t>(position);
    if (!is_space(c)) {
      folded.text.push_back(fold_one(c));
    } else {
      const char32_t space = c == U'\n' || c == U'\r' ? U'\n' : U' ';
      if (!folded.text.empty() && (folded.text.back() == U' ' || folded.text.back() == U'\n')) {
        if (space == U'\n') folded.text.back() = U'\n';
        folded.ends.back() = end;
        continue;
      }
      folded.text.push_back(space);
    }
    folded.begins.push_back(static_cast<std::uint32_t>(begin));
    folded.ends.push_back(end);
  }
  return folded;
}

std::u32string to_u32(std::string_view text) {
  std::u32string out;
  for (std::size_t position = 0; position < text.size();) out.push_back(take(text, position));
  return out;
}

}  // namespace grounds
