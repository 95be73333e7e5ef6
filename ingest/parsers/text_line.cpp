#include "ingest/parsers/text_line.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace grounds::parsing {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::array<std::string_view, 12> kChineseDigits = {"一", "二", "三", "四", "五", "六",
                                                             "七", "八", "九", "十", "百", "零"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Length of the Chinese or Arabic numeral that a text starts with.
std::size_t numeral_size(std::string_view text) {
  std::size_t size = 0;
  for (;;) {
    const std::string_view rest = text.substr(size);
    if (!rest.empty() && is_digit(rest[0])) {
      ++size;
      continue;
    }
    const auto* found = std::find_if(kChineseDigits.begin(), kChineseDigits.end(),
                                     [&](std::string_view digit) { return rest.starts_with(digit); });
    if (found == kChineseDigits.end()) return size;
    size += found->size();
  }
}

// "1.2", "1.2.3" at the start: the number of parts; 0 for anything else, "1." and versions included.
int section_number_parts(std::string_view line) {
  int parts = 0;
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = std::min(line.find_first_not_of(kDigits, at), line.size());
    if (end == at || end - at > 2) return 0;
    ++parts;
    at = end;
    if (at < line.size() && line[at] == '.') {
      ++at;
      if (at < line.size() && line[at] == ' ') break;
      continue;
    }
    break;
  }
  const bool followed = at + 1 < line.size() && line[at] == ' ' && !is_digit(line[at + 1]);
  return followed && parts >= 2 ? parts : 0;
}

int chinese_heading_level(std::string_view line) {
  if (line.starts_with("第")) {
    std::string_view rest = line.substr(std::string_view("第").size());
    const std::size_t numeral = numeral_size(rest);
    if (numeral == 0) return 0;
    rest.remove_prefix(numeral);
    for (const std::string_view unit : {"编", "篇", "部分", "章"}) {
      if (rest.starts_with(unit)) return 1;
    }
    return rest.starts_with("节") ? 2 : 0;
  }
  const std::size_t numeral = numeral_size(line);
  const bool is_chinese = numeral > 0 && !is_digit(line[0]);
  return is_chinese && line.substr(numeral).starts_with("、") ? 2 : 0;
}

bool is_all_capitals(std::string_view line) {
  std::size_t capitals = 0;
  for (const char c : line) {
    if (c >= 'A' && c <= 'Z') ++capitals;
    else if (c != ' ' && c != '&' && c != '-' && c != '/') return false;
  }
  return capitals >= 5 && capitals * 2 > line.size();
}

}  // namespace

std::size_t display_width(std::string_view line) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < line.size();) {
    const char32_t c = next_code_point(line, at);
    const int kind = c < 0x1100 ? U_EA_NEUTRAL
                                : u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_EAST_ASIAN_WIDTH);
    width += kind == U_EA_WIDE || kind == U_EA_FULLWIDTH ? 2 : 1;
  }
  return width;
}

bool starts_list_item(std::string_view line) {
  line = trim(line);
  for (const std::string_view bullet : {"- ", "* ", "+ ", "• ", "· ", "● ", "■ ", "– "}) {
    if (line.starts_with(bullet)) return true;
  }
  for (const std::string_view open : {"(", "（"}) {
    if (!line.starts_with(open)) continue;
    const std::string_view rest = line.substr(open.size());
    const std::size_t numeral = numeral_size(rest);
    const std::string_view after = rest.substr(numeral);
    return numeral > 0 && (after.starts_with(")") || after.starts_with("）"));
  }
  const std::size_t numeral = numeral_size(line);
  if (numeral == 0 || numeral > 6) return false;
  const std::string_view after = line.substr(numeral);
  if (after.starts_with("、")) return true;
  const bool marked = !after.empty() && (after[0] == '.' || after[0] == ')');
  return marked && is_digit(line[0]) && (after.size() == 1 || after[1] == ' ');
}

bool ends_sentence(std::string_view line) {
  line = trim(line);
  static constexpr std::array<std::string_view, 14> kEnds = {".", "!", "?", ",", ";",  ":",  "。",
                                                             "！", "？", "，", "；", "：", "、", "…"};
  return std::any_of(kEnds.begin(), kEnds.end(), [&](std::string_view end) { return line.ends_with(end); });
}

bool is_underline(std::string_view line, char of) {
  line = trim(line);
  return line.size() >= 3 && line.find_first_not_of(of) == std::string_view::npos;
}

int heading_level_of(std::string_view line) {
  line = trim(line);
  if (line.empty() || line.size() > 200 || ends_sentence(line) || display_width(line) > 60) return 0;
  if (const int level = chinese_heading_level(line); level > 0) return level;
  if (const int parts = section_number_parts(line); parts > 0) return std::min(parts, 6);
  return is_all_capitals(line) ? 2 : 0;
}

MailHeaderLine mail_header_of(std::string_view line) {
  static constexpr std::array<std::string_view, 22> kNames = {
      "From",   "To",         "Cc",           "Bcc",    "Subject",    "Date",     "Sent", "Reply-To",
      "Sender", "Message-ID", "In-Reply-To",  "CC",     "Importance", "Priority", "发件人", "收件人",
      "抄送",   "密送",       "主题",         "日期",   "发送时间",   "时间"};
  for (const std::string_view name : kNames) {
    if (!line.starts_with(name)) continue;
    const std::string_view rest = line.substr(name.size());
    for (const std::string_view colon : {":", "："}) {
      if (rest.starts_with(colon)) return {name, trim(rest.substr(colon.size()))};
    }
  }
  return {};
}

}  // namespace grounds::parsing
