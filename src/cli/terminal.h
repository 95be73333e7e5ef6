// Output for people and for programs: JSON on stdout, one-line errors and progress on stderr.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/canonical_json.h"
#include "grounds/result.h"

namespace grounds::cli {

void print_json(const Json& value);              // one document, indented on a terminal
void print_line(std::string_view text);          // stdout; control characters of the text as blanks
void print_piece(std::string_view text);         // stdout; likewise, without a line's end, and at once
void print_note(std::string_view text);          // stderr; likewise
void print_fields(const Json& object);           // for people: a line a member
void print_error(const Error& error, bool json); // one line on stderr; with `json` also the object on stdout

bool stdout_is_terminal();
bool stderr_is_terminal();
bool colours();                                  // a terminal, and NO_COLOR is not set
std::string bold(std::string_view text);         // plain without colours
std::string dim(std::string_view text);

// Columns padded to equal width, two spaces apart; wide (CJK) characters count as two.
std::string format_table(const std::vector<std::vector<std::string>>& rows);
std::size_t display_width(std::string_view text);
// At most `width` columns of the first line, with an ellipsis where cut.
std::string shorten(std::string_view text, std::size_t width);

// A line on stderr that is rewritten; nothing at all unless stderr is a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool enabled) : enabled_(enabled && stderr_is_terminal()) {}
  ~ProgressLine() { clear(); }
  void show(std::uint64_t done, std::uint64_t total, std::string_view text);
  void clear();

 private:
  bool enabled_;
  bool shown_ = false;
};

}  // namespace grounds::cli
