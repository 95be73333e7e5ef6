#include "ingest/parsers/stated_date.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

#include "base/utf8.h"

namespace grounds::parsing {
namespace {

constexpr std::size_t kSearchedBytes = 4096;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Reads from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void skip_spaces() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\t')) text_.remove_prefix(1);
  }
  bool accept(std::string_view token) {
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  // A number of `min` to `max` digits that no further digit follows.
  std::optional<int> number(std::size_t min, std::size_t max) {
    std::size_t digits = 0;
    int value = 0;
    while (digits < text_.size() && digits < max && is_digit(text_[digits])) {
      value = value * 10 + (text_[digits++] - '0');
    }
    if (digits < min || (digits < text_.size() && is_digit(text_[digits]))) return std::nullopt;
    text_.remove_prefix(digits);
    return value;
  }
  std::string word() {
    std::string result;
    while (!text_.empty() && is_letter(text_[0])) {
      result += lower(text_[0]);
      text_.remove_prefix(1);
    }
    return result;
  }
  std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

int month_number(std::string_view word) {
  static constexpr std::array<std::string_view, 12> kMonths = {
      "january", "february", "march",     "april",   "may",      "june",
      "july",    "august",   "september", "october", "november", "december"};
  if (word.size() < 3) return 0;
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    const bool is_short = word.size() == 3 && kMonths[i].starts_with(word);
    if (is_short || word == kMonths[i] || (word == "sept" && i == 8)) return static_cast<int>(i) + 1;
  }
  return 0;
}

bool is_weekday(std::string_view word) {
  static constexpr std::array<std::string_view, 7> kDays = {"monday", "tuesday",  "wednesday", "thursday",
                                                            "friday", "saturday", "sunday"};
  return word.size() >= 3 &&
         std::any_of(kDays.begin(), kDays.end(), [&](auto day) { return day.starts_with(word); });
}

std::string format_date(int year, int month, int day) {
  static constexpr std::array<int, 12> kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1) return {};
  if (day > kDays[static_cast<std::size_t>(month) - 1]) return {};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month == 2 && day == 29 && !leap) return {};
  std::array<char, 16> text;
  const int size = std::snprintf(text.data(), text.size(), "%04d-%02d-%02d", year, month, day);
  return std::string(text.data(), static_cast<std::size_t>(size));
}

std::string numeric_date(Scanner scan) {
  const auto year = scan.number(4, 4);
  if (!year) return {};
  scan.skip_spaces();
  if (scan.accept("年")) {
    scan.skip_spaces();
    const auto month = scan.number(1, 2);
    scan.skip_spaces();
    if (!month || !scan.accept("月")) return {};
    scan.skip_spaces();
    const auto day = scan.number(1, 2);
    scan.skip_spaces();
    if (!day || !(scan.accept("日") || scan.accept("号"))) return {};
    return format_date(*year, *month, *day);
  }
  for (const std::string_view separator : {"-", "/", "."}) {
    if (!scan.accept(separator)) continue;
    const auto month = scan.number(1, 2);
    if (!month || !scan.accept(separator)) return {};
    const auto day = scan.number(1, 2);
    // "2025.3.1.4" is a version, not a date.
    if (!day || scan.rest().starts_with(separator)) return {};
    return format_date(*year, *month, *day);
  }
  return {};
}

std::string day_month_year(Scanner scan) {
  const auto day = scan.number(1, 2);
  if (!day) return {};
  const bool ordinal = scan.accept("st") || scan.accept("nd") || scan.accept("rd") || scan.accept("th");
  scan.skip_spaces();
  if (!ordinal) scan.accept("-");
  const int month = month_number(scan.word());
  if (month == 0) return {};
  while (scan.accept(".") || scan.accept(",") || scan.accept("-")) {
  }
  scan.skip_spaces();
  const auto year = scan.number(4, 4);
  return year ? format_date(*year, month, *day) : std::string();
}

std::string month_day_year(Scanner scan) {
  const int month = month_number(scan.word());
  if (month == 0) return {};
  scan.accept(".");
  scan.skip_spaces();
  const auto day = scan.number(1, 2);
  if (!day) return {};
  if (!(scan.accept("st") || scan.accept("nd") || scan.accept("rd"))) scan.accept("th");
  scan.accept(",");
  scan.skip_spaces();
  const auto year = scan.number(4, 4);
  return year ? format_date(*year, month, *day) : std::string();
}

struct Label {
  std::string_view text;  // lower case
  int rank;               // 0: takes effect, 1: date or publication, 2: last change
};
constexpr std::array<Label, 41> kLabels = {{
    {"effective date", 0}, {"effective from", 0}, {"effective since", 0}, {"effective as of", 0},
    {"effective", 0},      {"valid from", 0},     {"in force from", 0},   {"in force since", 0},
    {"publication date", 1}, {"published on", 1}, {"published", 1},       {"date published", 1},
    {"release date", 1},   {"released", 1},       {"issue date", 1},      {"date of issue", 1},
    {"issued", 1},         {"meeting date", 1},   {"date", 1},            {"last updated", 2},
    {"last update", 2},    {"last modified", 2},  {"last revised", 2},    {"last reviewed", 2},
    {"revision date", 2},  {"revised", 2},        {"updated on", 2},      {"updated", 2},
    {"生效日期", 0},       {"生效时间", 0},       {"施行日期", 0},        {"实施日期", 0},
    {"发布日期", 1},       {"发布时间", 1},       {"会议日期", 1},        {"会议时间", 1},
    {"日期", 1},           {"更新日期", 2},       {"更新时间", 2},        {"最后更新", 2},
    {"修订日期", 2},
}};

bool starts_with_label(std::string_view line, std::string_view label) {
  if (line.size() < label.size()) return false;
  return std::equal(label.begin(), label.end(), line.begin(),
                    [](char a, char b) { return a == lower(b); });
}

struct Statement {
  int rank = 0;
  std::string date;
};

std::optional<Statement> statement_in(std::string_view line) {
  line = trim(line);
  while (line.starts_with("- ") || line.starts_with("* ") || line.starts_with("> ")) {
    line = trim(line.substr(2));
  }
  for (const Label& label : kLabels) {
    if (!starts_with_label(line, label.text)) continue;
    Scanner scan(line.substr(label.text.size()));
    scan.skip_spaces();
    // A colon or a cell's end; "effective from" and its like also stand without.
    const bool parted = scan.accept(":") || scan.accept("：") || scan.accept("|");
    if (!parted && label.rank != 0) continue;
    std::string date = leading_date(scan.rest());
    if (!date.empty()) return Statement{label.rank, std::move(date)};
  }
  return std::nullopt;
}

}  // namespace

std::string leading_date(std::string_view text) {
  Scanner scan(trim(text));
  Scanner after_weekday = scan;
  if (is_weekday(after_weekday.word())) {
    after_weekday.accept(".");
    after_weekday.accept(",");
    after_weekday.skip_spaces();
    scan = after_weekday;
  }
  for (const auto& read : {numeric_date, day_month_year, month_day_year}) {
    std::string date = read(scan);
    if (!date.empty()) return date;
  }
  return {};
}

std::string stated_date(const Extract& extract) {
  std::string_view text = extract.text;
  text = text.substr(0, floor_boundary(text, std::min(text.size(), kSearchedBytes)));
  std::optional<Statement> best;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    auto found = statement_in(text.substr(0, end));
    if (found && (!best || found->rank < best->rank)) best = std::move(found);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return best ? best->date : std::string();
}

}  // namespace grounds::parsing
