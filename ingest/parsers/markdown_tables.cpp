#include "ingest/parsers/markdown_tables.h"

#include <algorithm>
#include <vector>

#include "base/utf8.h"

namespace grounds::parsing {
namespace {

// The line without the bars at its ends and the white space around them.
std::string_view inside_bars(std::string_view line) {
  line = trim(line);
  if (line.starts_with('|')) line.remove_prefix(1);
  if (line.ends_with('|') && !line.ends_with("\\|")) line.remove_suffix(1);
  return line;
}

std::size_t count_cells(std::string_view line) {
  line = inside_bars(line);
  std::size_t cells = 1;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') ++i;
    else if (line[i] == '|') ++cells;
  }
  return cells;
}

// "|:-|--:|": the cells between the bars; empty if the line is no delimiter row.
std::vector<std::string_view> delimiter_cells(std::string_view line) {
  const std::string_view whole = trim(line);
  if (whole.find('|') == std::string_view::npos || whole.find_first_not_of("|:- \t") != std::string_view::npos) return {};
  std::string_view rest = inside_bars(line);
  std::vector<std::string_view> cells;
  for (;;) {
    const std::size_t bar = rest.find('|');
    std::string_view cell = trim(rest.substr(0, bar));
    cells.push_back(cell);
    if (cell.starts_with(':')) cell.remove_prefix(1);
    if (cell.ends_with(':')) cell.remove_suffix(1);
    if (cell.empty() || cell.find_first_not_of('-') != std::string_view::npos) return {};
    if (bar == std::string_view::npos) return cells;
    rest.remove_prefix(bar + 1);
  }
}

// Follows fences of three or more backticks or tildes.
class FenceState {
 public:
  // Whether the line is inside of fenced code, or a fence itself.
  bool covers(std::string_view line) {
    line = trim(line);
    const char mark = line.empty() ? '\0' : line[0];
    const std::size_t size = mark == '`' || mark == '~' ? std::min(line.find_first_not_of(mark), line.size()) : 0;
    if (open_size_ == 0) {
      if (size < 3) return false;
      open_mark_ = mark;
      open_size_ = size;
    } else if (mark == open_mark_ && size >= open_size_ && size == line.size()) {
      open_size_ = 0;
    }
    return true;
  }

 private:
  char open_mark_ = 0;
  std::size_t open_size_ = 0;
};

// Appends a delimiter row with at least three characters in each cell.
void append_widened(std::string& into, std::string_view line, const std::vector<std::string_view>& cells) {
  const std::size_t indentation = std::min(line.find_first_not_of(" \t"), line.size());
  into.append(line, 0, indentation);
  for (const std::string_view cell : cells) {
    into += '|';
    if (cell.starts_with(':')) into += ':';
    into += "---";
    if (cell.size() > 1 && cell.ends_with(':')) into += ':';
  }
  into += '|';
}

bool is_plain_text(std::string_view line) {
  line = trim(line);
  return !line.empty() && line.find('|') == std::string_view::npos && line[0] != '>' && line[0] != '#' && line[0] != '<';
}

}  // namespace

std::string normalise_tables(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 64);
  FenceState fences;
  std::string_view previous, before_previous;  // lines outside of code, empty where there are none
  std::size_t previous_at = 0;                 // where the previous line stands in the result
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const bool in_code = fences.covers(line);
    const auto cells = in_code || previous.find('|') == std::string_view::npos ? std::vector<std::string_view>()
                                                                              : delimiter_cells(line);
    const bool is_delimiter = !cells.empty() && cells.size() == count_cells(previous) && trim(previous)[0] != '>';
    if (is_delimiter && is_plain_text(before_previous)) {
      result.insert(previous_at, 1, '\n');
      ++previous_at;
    }
    const std::size_t at = result.size();
    if (is_delimiter) append_widened(result, line, cells);
    else result += line;
    if (end < text.size()) result += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
    before_previous = in_code ? std::string_view() : previous;
    previous = in_code ? std::string_view() : line;
    previous_at = at;
  }
  return result;
}

}  // namespace grounds::parsing
