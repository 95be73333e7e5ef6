// Running text as a reader sees it: white space collapsed, no space where a line break parts two Chinese
// characters, invisible characters gone.
#pragma once

#include <string>
#include <string_view>

namespace grounds::parsing {

// True for characters of scripts written without spaces (Han, kana, bopomofo, and CJK and full-width
// punctuation): a line break between two of these stands for nothing. Not hangul, which has spaces.
bool joins_without_space(char32_t before, char32_t after);

// Appends running text to a string. The string must outlive this object and is changed by nobody else
// between calls.
class FlowText {
 public:
  explicit FlowText(std::string& into) : into_(into), begin_(into.size()) {}

  // Starts anew at the end of the string: white space before the next text is dropped.
  void restart();
  // `text` must be valid UTF-8. White space is held back until text follows it.
  void append(std::string_view text);
  // A line break that the author asked for: kept as a line feed if text follows.
  void line_break();
  bool empty() const { return into_.size() == begin_; }

 private:
  enum class Gap { kNone, kSpace, kLine, kBreak };  // in ascending order of strength
  void widen(Gap gap);
  void fill_gap(char32_t next);

  std::string& into_;
  std::size_t begin_;
  Gap gap_ = Gap::kNone;
  char32_t last_ = 0;
};

// `text` as one line of running text.
std::string flow_line(std::string_view text);

}  // namespace grounds::parsing
