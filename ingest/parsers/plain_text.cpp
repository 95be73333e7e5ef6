// Plain text: paragraphs parted by blank lines, list items, headings by their look, mail headers. Lines
// that were wrapped to a width are joined again; all other line ends stay.
#include <algorithm>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/stated_date.h"
#include "ingest/parsers/text_line.h"

namespace grounds::parsing {
namespace {

using Lines = std::vector<std::string_view>;

// Shorter lines were ended on purpose, and longer ones are paragraphs of their own.
constexpr std::size_t kMinWrapWidth = 40;
constexpr std::size_t kMaxWrapWidth = 160;
constexpr std::size_t kMaxTitleWidth = 80;
constexpr std::size_t kWidthSampleBytes = 256u << 10;

std::size_t width_of(std::string_view line) {
  return line.size() > 4 * kMaxWrapWidth ? line.size() : display_width(trim(line));
}

std::size_t indentation_of(std::string_view line) {
  return std::min(line.find_first_not_of(" \t"), line.size());
}

// Lines set in columns mean what stands below what.
bool has_columns(std::string_view line) {
  line = trim(line);
  return line.find("   ") != std::string_view::npos || line.find('\t') != std::string_view::npos;
}

// Takes the next group of non-blank lines off the front of `text`; empty at the end.
Lines take_group(std::string_view& text) {
  Lines group;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!trim(line).empty()) group.push_back(line);
    else if (!group.empty()) break;
  }
  return group;
}

// The width that the document's lines were wrapped to: that of nine tenths of the lines that another one
// follows directly. 0 if there are none of a plausible width.
std::size_t wrap_width(std::string_view text) {
  text = text.substr(0, floor_boundary(text, std::min(text.size(), kWidthSampleBytes)));
  std::vector<std::size_t> widths;
  for (Lines group = take_group(text); !group.empty(); group = take_group(text)) {
    for (std::size_t i = 0; i + 1 < group.size(); ++i) {
      const std::size_t width = width_of(group[i]);
      if (width >= kMinWrapWidth && width <= kMaxWrapWidth) widths.push_back(width);
    }
  }
  if (widths.empty()) return 0;
  const auto at = widths.begin() + static_cast<std::ptrdiff_t>(widths.size() * 9 / 10);
  std::nth_element(widths.begin(), at, widths.end());
  return *at;
}

bool is_indented(std::string_view line) {
  return line.starts_with(' ') || line.starts_with('\t') || line.starts_with("\u3000");
}

class PlainTextReader {
 public:
  explicit PlainTextReader(ExtractBuilder& builder) : builder_(builder) {}

  void read(std::string_view text, bool has_title = true) {
    wrap_width_ = wrap_width(text);
    bool is_first = has_title;
    while (!builder_.over_limit()) {
      const Lines group = take_group(text);
      if (group.empty()) break;
      if (add_mail_header(group, is_first)) {
        is_first = false;
        continue;
      }
      const bool has_more = !trim(text.substr(0, 4096)).empty();
      if (is_first && has_more && is_title(group)) {
        add_heading(group[0], 1);
        add_group(Lines(group.begin() + 1, group.end()));
      } else {
        add_group(group);
      }
      is_first = false;
    }
  }

 private:
  // The first line of a document is its title if it is short, no sentence, no "Name: value", and alone or
  // above few others that it does not run on into.
  bool is_title(const Lines& group) const {
    const std::string_view line = group[0];
    if (line.size() > 4 * kMaxTitleWidth || ends_sentence(line) || starts_list_item(line)) return false;
    const std::size_t width = width_of(line);
    if (width > kMaxTitleWidth) return false;
    if (group.size() == 1) return true;
    if (is_underline(group[1], '=') || is_underline(group[1], '-')) return false;  // add_group() knows these
    const bool has_colon = line.find(':') != std::string_view::npos || line.find("：") != std::string_view::npos;
    return group.size() <= 3 && !has_colon && !runs_on(line, group[1], width);
  }

  // True if a line was wrapped, so that the next one continues it.
  bool runs_on(std::string_view line, std::string_view next, std::size_t width) const {
    return wrap_width_ > 0 && width >= kMinWrapWidth && width <= kMaxWrapWidth && width * 4 >= wrap_width_ * 3 &&
           indentation_of(next) <= indentation_of(line) && !has_columns(line) && !has_columns(next);
  }

  void add_heading(std::string_view line, int level) {
    builder_.open(BlockKind::kHeading, level);
    builder_.append(line);
    builder_.close();
    if (level == 1) builder_.set_title(line);
  }

  // Two or more lines of "Name: value" with a sender among them; lines folded with white space belong to
  // the header above. What follows without a blank line is text.
  bool add_mail_header(const Lines& group, bool is_first) {
    std::size_t headers = 0, size = 0;
    bool has_sender = false;
    std::string subject, date;
    for (; size < group.size(); ++size) {
      const MailHeaderLine header = mail_header_of(group[size]);
      if (header.name.empty()) {
        if (size > 0 && is_indented(group[size])) continue;
        break;
      }
      ++headers;
      if (header.name == "From" || header.name == "发件人") has_sender = true;
      if (header.name == "Subject" || header.name == "主题") subject = header.value;
      const bool is_date = header.name == "Date" || header.name == "Sent" || header.name == "日期" ||
                           header.name == "发送时间" || header.name == "时间";
      if (is_date && date.empty()) date = leading_date(header.value);
    }
    if (headers < 2 || !has_sender) return false;
    builder_.open(BlockKind::kMailHeader);
    for (std::size_t i = 0; i < size; ++i) {
      if (i > 0 && !is_indented(group[i])) builder_.line_break();
      builder_.append("\n");  // weaker than the break above; white space at a block's start is dropped
      builder_.append(group[i]);
    }
    builder_.close();
    if (is_first) {
      builder_.set_title(subject);
      builder_.set_date(std::move(date));
    }
    add_group(Lines(group.begin() + static_cast<std::ptrdiff_t>(size), group.end()));
    return true;
  }

  void add_group(const Lines& lines) {
    std::vector<std::size_t> widths(lines.size());
    std::transform(lines.begin(), lines.end(), widths.begin(), width_of);
    for (std::size_t i = 0; i < lines.size() && !builder_.over_limit(); ++i) {
      const std::string_view line = lines[i];
      const bool underlined = i + 1 < lines.size() && widths[i] <= kMaxTitleWidth &&
                              (is_underline(lines[i + 1], '=') || is_underline(lines[i + 1], '-'));
      if (underlined && !is_underline(line, '=') && !is_underline(line, '-')) {
        builder_.close();
        add_heading(line, is_underline(lines[i + 1], '=') ? 1 : 2);
        ++i;
        continue;
      }
      const bool alone = lines.size() == 1;
      const int level = alone || !builder_.is_open() ? heading_level_of(line) : 0;
      if (level > 0 && (alone || starts_chinese_section(line))) {
        add_heading(line, level);
        continue;
      }
      if (starts_list_item(line)) {
        builder_.open(BlockKind::kListItem, 1);
      } else if (!builder_.is_open() || starts_paragraph(line, widths[i], i > 0 ? widths[i - 1] : 0)) {
        builder_.open(BlockKind::kParagraph);
      } else {
        const bool is_item = builder_.open_kind() == BlockKind::kListItem;
        // The lines below a list item's first are indented.
        const bool joins = is_item ? runs_on(line, line, widths[i - 1]) : runs_on(lines[i - 1], line, widths[i - 1]);
        if (joins) builder_.append("\n");
        else builder_.line_break();
      }
      builder_.append(line);
    }
    builder_.close();
  }

  static bool starts_chinese_section(std::string_view line) { return trim(line).starts_with("第"); }

  // Within a group: Chinese paragraphs start with an indentation, and lines too long to be wrapped ones
  // are paragraphs.
  static bool starts_paragraph(std::string_view line, std::size_t width, std::size_t width_before) {
    return line.starts_with("\u3000") || width > kMaxWrapWidth || width_before > kMaxWrapWidth;
  }

  ExtractBuilder& builder_;
  std::size_t wrap_width_ = 0;
};

}  // namespace

Result<Extract> parse_plain_text(std::string_view text) {
  ExtractBuilder builder("text/1");
  PlainTextReader(builder).read(text);
  return builder.finish();
}

Result<Extract> parse_plain_body(std::string_view text) {
  ExtractBuilder builder("text/1");
  PlainTextReader(builder).read(text, false);
  return builder.finish();
}

Result<Extract> parse_source_text(std::string_view text) {
  ExtractBuilder builder("source/1");
  while (!builder.over_limit()) {
    const Lines group = take_group(text);
    if (group.empty()) break;
    builder.open(BlockKind::kCode);
    for (const std::string_view line : group) {
      builder.append_verbatim(line);
      builder.append_verbatim("\n");
    }
    builder.close();
  }
  return builder.finish();
}

}  // namespace grounds::parsing
