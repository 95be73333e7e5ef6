#include "answer/marks.h"

#include <algorithm>

namespace grounds {

std::vector<Mark> find_marks(std::string_view text) {
  std::vector<Mark> marks;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool wide = text.substr(at).starts_with("【");
    if (text[at] != '[' && !wide) continue;
    std::size_t i = at + (wide ? 3 : 1);
    std::vector<std::uint32_t> numbers;
    std::uint32_t value = 0;
    std::size_t digits = 0;
    bool well = true, closed = false;
    for (; i < text.size() && well && !closed; ++i) {
      const char c = text[i];
      if (c >= '0' && c <= '9' && digits < 4) {
        value = value * 10 + static_cast<std::uint32_t>(c - '0'), ++digits;
      } else if (const bool wide_close = wide && text.substr(i).starts_with("】"); digits > 0 && (c == ',' || c == ']' || wide_close)) {
        numbers.push_back(value);
        value = 0, digits = 0;
        closed = c != ',';
        if (wide_close) i += 2;  // the loop steps over its third byte
      } else if (c != ' ' || digits > 0) {
        well = false;
      }
    }
    if (!closed) continue;
    for (const std::uint32_t number : numbers) marks.push_back({at, i, number});
    at = i - 1;
  }
  return marks;
}

std::string blank_marks(std::string_view text, const std::vector<Mark>& marks) {
  std::string blank(text);
  for (const Mark& mark : marks)
    std::fill(blank.begin() + static_cast<std::ptrdiff_t>(mark.begin), blank.begin() + static_cast<std::ptrdiff_t>(mark.end), ' ');
  return blank;
}

}  // namespace grounds
