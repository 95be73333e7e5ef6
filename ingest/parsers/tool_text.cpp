#include "ingest/parsers/tool_text.h"

#include <algorithm>
#include <vector>

#include "base/utf8.h"
#include "ingest/parsers/flow_text.h"

namespace grounds::parsing {
namespace {

constexpr std::size_t kMinColumnLines = 12;  // fewer say nothing about columns
constexpr std::size_t kStrip = 2;            // spaces between columns, at least
constexpr std::size_t kMaxWidth = 400;

using Line = std::u32string;

Line code_points(std::string_view text) {
  Line line;
  for (std::size_t at = 0; at < text.size();) line += next_code_point(text, at);
  while (!line.empty() && line.back() == U' ') line.pop_back();
  return line;
}

std::string utf8(const Line& line, std::size_t begin, std::size_t end) {
  std::string text;
  for (std::size_t i = begin; i < std::min(end, line.size()); ++i) append_utf8(text, line[i]);
  return text;
}

bool is_blank(const Line& line, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < std::min(end, line.size()); ++i) {
    if (line[i] != U' ') return false;
  }
  return true;
}

// Letters a side has: columns of figures are a table, not text.
std::size_t letters(const Line& line, std::size_t begin, std::size_t end) {
  std::size_t count = 0;
  for (std::size_t i = begin; i < std::min(end, line.size()); ++i) {
    const char32_t c = line[i];
    if ((c | 0x20) >= U'a' && (c | 0x20) <= U'z') ++count;
    if (c >= 0xC0) count += is_cjk_letter(c) ? 2 : 1;
  }
  return count;
}

struct Sides {
  std::size_t both = 0, across = 0, text = 0;
};

Sides count_sides(const std::vector<Line>& lines, std::size_t strip) {
  Sides sides;
  for (const Line& line : lines) {
    if (line.empty()) continue;
    if (!is_blank(line, strip, strip + kStrip)) {
      ++sides.across;
      continue;
    }
    if (is_blank(line, 0, strip) || is_blank(line, strip, line.size())) continue;
    ++sides.both;
    if (letters(line, 0, strip) >= 15 && letters(line, strip, line.size()) >= 15) ++sides.text;
  }
  return sides;
}

}  // namespace

Result<ToolOutput> run_tool(ParseContext& context, ExternalTool tool, std::string_view bytes, std::uint32_t page) {
  if (context.run_tool == nullptr) {
    return fail(ErrorCode::kBadInput, "reading this format needs a program of its own, which is not run here");
  }
  return (*context.run_tool)(tool, bytes, page);
}

std::string_view take_page(std::string_view& text) {
  const std::size_t end = std::min(text.find('\f'), text.size());
  const std::string_view page = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return page;
}

std::string ocr_text(std::string_view output) {
  const std::string text = replace_invalid_utf8(output);
  std::string result;
  char32_t before = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(text, at);
    if (c == U' ') {
      const std::size_t next = std::min(text.find_first_not_of(' ', at), text.size());
      std::size_t ahead = next;
      const char32_t after = next < text.size() ? next_code_point(text, ahead) : 0;
      at = next;
      if (before == 0 || after == 0 || !joins_without_space(before, after)) result.append(text, begin, next - begin);
      continue;
    }
    result.append(text, begin, at - begin);
    before = c;
  }
  return result;
}

std::string unfold_columns(std::string_view page) {
  std::vector<Line> lines;
  std::size_t width = 0;
  for (std::string_view rest = page; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    lines.push_back(code_points(rest.substr(0, end)));
    width = std::max(width, lines.back().size());
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const auto filled = static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [](const Line& line) { return !line.empty(); }));
  if (filled < kMinColumnLines || width > kMaxWidth || width < 40) return std::string(page);
  std::size_t best = 0, best_text = 0;
  for (std::size_t strip = width / 3; strip < width * 2 / 3; ++strip) {
    const Sides sides = count_sides(lines, strip);
    const bool columns = sides.text * 2 >= filled && sides.across * 4 <= sides.both && sides.text * 4 >= sides.both * 3;
    if (columns && sides.text >= best_text) {
      best = strip;
      best_text = sides.text;
    }
  }
  if (best == 0) return std::string(page);
  std::string text, right;
  const auto end_columns = [&] {
    text.append(right);
    right.clear();
  };
  for (const Line& line : lines) {
    if (!line.empty() && !is_blank(line, best, best + kStrip)) {
      end_columns();
      text.append("\n").append(utf8(line, 0, line.size())).append("\n\n");
      continue;
    }
    // Where the right side starts differs by a character or two from line to line.
    text.append(utf8(line, 0, best)).append("\n");
    std::string side = utf8(line, best, line.size());
    side.erase(0, std::min(side.find_first_not_of(' '), side.size()));
    if (right.empty()) right = "\n";
    right.append(side).append("\n");
  }
  end_columns();
  return text;
}

}  // namespace grounds::parsing
