#include "ingest/parsers/flow_text.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace grounds::parsing {
namespace {

bool is_unspaced(char32_t c) {
  if (c < 0x2E80) return c == 0x201C || c == 0x201D || c == 0x2018 || c == 0x2019 || c == 0x2026;
  const bool is_hangul = (c >= 0x3131 && c <= 0x318E) || (c >= 0xAC00 && c <= 0xD7AF);
  if (is_hangul) return false;
  const bool is_punctuation = (c >= 0x3001 && c <= 0x303F) || (c >= 0xFF01 && c <= 0xFF65);
  return is_punctuation || is_cjk_letter(c);
}

// Quotation marks and ellipses serve both kinds of script: alone they decide nothing.
bool is_shared_punctuation(char32_t c) { return c < 0x2E80; }

bool is_space(char32_t c) {
  return c == 0xA0 || c == 0x3000 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F ||
         c == 0x205F;
}

// Characters that a reader does not see and a search must not stumble over: zero width spaces, byte
// order marks, soft hyphens, C1 controls.
bool is_invisible(char32_t c) {
  return c == 0xFEFF || c == 0x200B || c == 0xAD || c == 0x2060 || (c >= 0x80 && c <= 0x9F);
}

}  // namespace

bool joins_without_space(char32_t before, char32_t after) {
  return is_unspaced(before) && is_unspaced(after) &&
         !(is_shared_punctuation(before) && is_shared_punctuation(after));
}

void FlowText::restart() {
  begin_ = into_.size();
  gap_ = Gap::kNone;
  last_ = 0;
}

void FlowText::widen(Gap gap) { gap_ = std::max(gap_, gap); }

void FlowText::line_break() { widen(Gap::kBreak); }

void FlowText::fill_gap(char32_t next) {
  if (gap_ == Gap::kNone) return;
  const Gap gap = std::exchange(gap_, Gap::kNone);
  if (empty()) return;
  if (gap == Gap::kBreak) {
    into_ += '\n';
  } else if (gap == Gap::kSpace || !joins_without_space(last_, next)) {
    into_ += ' ';
  }
}

void FlowText::append(std::string_view text) {
  std::size_t position = 0;
  while (position < text.size()) {
    const auto byte = static_cast<unsigned char>(text[position]);
    if (byte > 0x20 && byte < 0x7F) {
      fill_gap(byte);
      const std::size_t begin = position;
      while (position < text.size() && text[position] > 0x20 && text[position] < 0x7F) ++position;
      into_.append(text, begin, position - begin);
      last_ = static_cast<unsigned char>(text[position - 1]);
    } else if (byte <= 0x20 || byte == 0x7F) {
      ++position;
      if (byte == ' ' || byte == '\t') widen(Gap::kSpace);
      if (byte >= '\n' && byte <= '\r') widen(Gap::kLine);
    } else {
      const std::size_t begin = position;
      const char32_t c = next_code_point(text, position);
      if (is_space(c)) {
        widen(Gap::kSpace);
      } else if (c == 0x2028 || c == 0x2029 || c == 0x85) {
        widen(Gap::kLine);
      } else if (!is_invisible(c)) {
        fill_gap(c);
        into_.append(text, begin, position - begin);
        last_ = c;
      }
    }
  }
}

std::string flow_line(std::string_view text) {
  std::string line;
  FlowText flow(line);
  flow.append(text);
  return line;
}

}  // namespace grounds::parsing
