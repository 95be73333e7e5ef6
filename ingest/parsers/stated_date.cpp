#include "ingest/parsers/stated_date.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

#include "base/utf8.h"

namespace grounds::parsing {
namespace {

// Documents say when they hold at their top; when they were last changed, also in their last lines.
constexpr std::size_t kHeadBytes = 3072;
constexpr std::size_t kTailBytes = 768;

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

enum class Rank { kEffect, kDate, kChange };  // the best first

struct Label {
  std::string_view text;  // lower case
  Rank rank;
  bool needs_colon;       // else it may stand directly before the date
};
constexpr std::array<Label, 47> kLabels = {{
    {"effective date", Rank::kEffect, false},  {"effective from", Rank::kEffect, false},
    {"effective since", Rank::kEffect, false}, {"effective as of", Rank::kEffect, false},
    {"effective", Rank::kEffect, false},       {"valid from", Rank::kEffect, false},
    {"in force from", Rank::kEffect, false},   {"in force since", Rank::kEffect, false},
    {"生效日期", Rank::kEffect, true},         {"生效时间", Rank::kEffect, true},
    {"施行日期", Rank::kEffect, true},         {"实施日期", Rank::kEffect, true},
    {"执行日期", Rank::kEffect, true},         {"publication date", Rank::kDate, true},
    {"published on", Rank::kDate, false},      {"published", Rank::kDate, false},
    {"date published", Rank::kDate, true},     {"release date", Rank::kDate, true},
    {"issue date", Rank::kDate, true},         {"date of issue", Rank::kDate, true},
    {"issued on", Rank::kDate, false},         {"issued", Rank::kDate, false},
    {"meeting date", Rank::kDate, true},       {"date", Rank::kDate, true},
    {"发布日期", Rank::kDate, true},           {"发布时间", Rank::kDate, true},
    {"会议日期", Rank::kDate, true},           {"会议时间", Rank::kDate, true},
    {"日期", Rank::kDate, true},               {"时间", Rank::kDate, true},
    {"last updated", Rank::kChange, false},    {"last update", Rank::kChange, true},
    {"last modified", Rank::kChange, false},   {"last revised", Rank::kChange, false},
    {"last reviewed", Rank::kChange, false},   {"last change", Rank::kChange, true},
    {"revision date", Rank::kChange, true},    {"revised", Rank::kChange, false},
    {"reviewed", Rank::kChange, false},        {"updated on", Rank::kChange, false},
    {"updated", Rank::kChange, false},         {"更新日期", Rank::kChange, true},
    {"更新时间", Rank::kChange, true},         {"最后更新", Rank::kChange, true},
    {"修订日期", Rank::kChange, true},         {"本页更新于", Rank::kChange, false},
    {"最后更新于", Rank::kChange, false},
}};

struct Statement {
  Rank rank = Rank::kChange;
  std::string date;
};

bool starts_with_label(std::string_view line, std::string_view label) {
  if (line.size() < label.size()) return false;
  return std::equal(label.begin(), label.end(), line.begin(),
                    [](char a, char b) { return a == lower(b); });
}

// "本办法自2025年1月1日起施行", at "自".
std::string effect_by_formula(std::string_view text) {
  Scanner scan(text);
  if (!scan.accept("自")) return {};
  scan.skip_spaces();
  const std::string date = leading_date(scan.rest());
  const std::string_view rest = scan.rest().substr(0, 64);
  for (const std::string_view verb : {"起施行", "起生效", "起实施", "起执行", "起正式施行"}) {
    const std::size_t at = rest.find(verb);
    // Only the date may stand between.
    if (at != std::string_view::npos && rest.substr(0, at).find("，") == std::string_view::npos) return date;
  }
  return {};
}

std::optional<Statement> statement_at(std::string_view text) {
  for (const Label& label : kLabels) {
    if (!starts_with_label(text, label.text)) continue;
    Scanner scan(text.substr(label.text.size()));
    scan.skip_spaces();
    // A colon or a cell's end.
    const bool parted = scan.accept(":") || scan.accept("：") || scan.accept("|");
    if (!parted && label.needs_colon) continue;
    std::string date = leading_date(scan.rest());
    if (!date.empty()) return Statement{label.rank, std::move(date)};
  }
  std::string date = effect_by_formula(text);
  if (!date.empty()) return Statement{Rank::kEffect, std::move(date)};
  return std::nullopt;
}

// Whether a label may start at `position`: at the line's start or after what ends a statement. In Chinese
// that is also a space, and for the formula any place.
bool may_start(std::string_view line, std::size_t position) {
  if (position == 0) return true;
  const std::string_view before = line.substr(0, position);
  const bool is_chinese = (line[position] & 0x80) != 0;
  if (is_chinese) {
    return before.ends_with(' ') || before.ends_with("。") || before.ends_with("；") ||
           before.ends_with("，") || before.ends_with("（") || line.substr(position).starts_with("自");
  }
  for (const std::string_view end : {". ", ", ", "; ", "| ", "(", "- ", "* ", "> ", "。", "；", "（"}) {
    if (before.ends_with(end)) return true;
  }
  return false;
}

// Keeps the better of two statements, the earlier of equal ones.
void keep_best(std::optional<Statement>& best, std::optional<Statement> found) {
  if (found && (!best || found->rank < best->rank)) best = std::move(found);
}

std::optional<Statement> statement_in(std::string_view line) {
  std::optional<Statement> best;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool is_continuation = (static_cast<unsigned char>(line[i]) & 0xC0) == 0x80;
    if (is_continuation || !may_start(line, i)) continue;
    keep_best(best, statement_at(line.substr(i)));
  }
  return best;
}

// "Product council, 12 November 2024" as a heading, "18 March 2025, Suzhou" as the line below it.
std::optional<Statement> statement_by_place(const Extract& extract) {
  std::size_t searched = 0;
  for (const Block& block : extract.blocks) {
    if (++searched > 2) break;
    const std::string_view text = std::string_view(extract.text).substr(block.begin, block.end - block.begin);
    if (block.kind == BlockKind::kHeading && text.size() < 300) {
      for (const std::string_view before : {", ", " - ", " – ", " — ", "(", "（", "，"}) {
        const std::size_t at = text.rfind(before);
        if (at == std::string_view::npos) continue;
        const std::string_view last = text.substr(at + before.size());
        std::string date = last.size() <= 32 ? leading_date(last) : std::string();
        if (!date.empty()) return Statement{Rank::kDate, std::move(date)};
      }
    } else if (searched == 2 && block.kind == BlockKind::kParagraph) {
      const std::string_view start = text.substr(0, text.find_first_of(",\n"));
      std::string date = start.size() <= 24 ? leading_date(start) : std::string();
      if (!date.empty()) return Statement{Rank::kDate, std::move(date)};
    }
  }
  return std::nullopt;
}

template <class Use>
void for_each_line(std::string_view text, const Use& use) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
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
  const std::string_view text = extract.text;
  const std::size_t head = floor_boundary(text, std::min(text.size(), kHeadBytes));
  std::optional<Statement> best;
  for_each_line(text.substr(0, head), [&](std::string_view line) { keep_best(best, statement_in(line)); });
  keep_best(best, statement_by_place(extract));
  const std::size_t tail =
      std::max(head, floor_boundary(text, text.size() - std::min(text.size(), kTailBytes)));
  for_each_line(text.substr(tail), [&](std::string_view line) {
    auto found = statement_in(line);
    // A date at the end is that of a signature, a reply, an example.
    if (found && found->rank != Rank::kDate) keep_best(best, std::move(found));
  });
  return best ? best->date : std::string();
}

}  // namespace grounds::parsing
