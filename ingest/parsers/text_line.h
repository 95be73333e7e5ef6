// What single lines of plain text look like: list items, headings, mail headers.
#pragma once

#include <string_view>

namespace grounds::parsing {

// Columns on a terminal: East Asian wide characters count two.
std::size_t display_width(std::string_view line);
bool starts_list_item(std::string_view line);       // "- x", "3) x", "（1）x", "2、x"
bool ends_sentence(std::string_view line);          // with a full stop, colon, comma or their like
bool is_underline(std::string_view line, char of);  // three or more of one character and nothing else
// The level of a heading that a line is by its own look ("第三章 休假", "1.2 Scope", "SCOPE"); else 0.
int heading_level_of(std::string_view line);

struct MailHeaderLine {
  std::string_view name;  // "Subject", "主题"; empty if the line is no header
  std::string_view value;
};
MailHeaderLine mail_header_of(std::string_view line);

}  // namespace grounds::parsing
