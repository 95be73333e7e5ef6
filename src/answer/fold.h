// A text folded for matching patterns against it, with the way back to its bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grounds {

// One entry a folded code point. Full-width forms are made half-width, letters lower case, white space
// runs one ' ' (or one '\n' if they hold a line break), typographic quotes and dashes ASCII; invisible
// characters (zero-width, soft hyphen, byte order mark) are dropped, so that they hide nothing.
struct FoldedText {
  std::u32string text;
  std::vector<std::uint32_t> begins, ends;  // bytes [begins[i], ends[i]) of the source gave text[i]

  // The source bytes of the folded range [from, to), from < to.
  std::string_view source(std::string_view original, std::size_t from, std::size_t to) const {
    return original.substr(begins[from], ends[to - 1] - begins[from]);
  }
};

// Invalid UTF-8 does not stop it: each bad byte counts as U+FFFD.
FoldedText fold_text(std::string_view text);

// UTF-8 (of this program's own literals) to code points.
std::u32string to_u32(std::string_view text);

inline bool is_ascii_alnum(char32_t c) {
  return (c >= U'0' && c <= U'9') || (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
}
inline bool is_ascii_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

}  // namespace grounds
