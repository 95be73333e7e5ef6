#include "answer/date_words.h"

#include <algorithm>
#include <array>
#include <optional>

#include "answer/fold.h"

namespace grounds {
namespace {

// A cursor over folded text. Each take_ function moves it on success only.
class Scanner {
 public:
  Scanner(const std::u32string& text, std::size_t at) : text_(text), at_(at) {}
  std::size_t at() const { return at_; }
  void move_to(std::size_t at) { at_ = at; }
  char32_t peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : U'\0'; }

  bool take(std::u32string_view word) {
    if (std::u32string_view(text_).substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  // `word`, with no letter or digit after it.
  bool take_word(std::u32string_view word) {
    const std::size_t start = at_;
    if (take(word) && !is_ascii_alnum(peek())) return true;
    at_ = start;
    return false;
  }
  void skip_spaces() {
    while (peek() == U' ' || peek() == U'\n') ++at_;
  }
  // 1 to `longest` digits that no further digit follows.
  std::optional<int> take_number(std::size_t longest) {
    int value = 0;
    std::size_t n = 0;
    while (n < longest && is_ascii_digit(peek(n))) value = value * 10 + static_cast<int>(peek(n++) - U'0');
    if (n == 0 || is_ascii_digit(peek(n))) return std::nullopt;
    at_ += n;
    return value;
  }

 private:
  const std::u32string& text_;
  std::size_t at_;
};

int chinese_digit(char32_t c) {
  constexpr std::u32string_view kDigits = U"零一二三四五六七八九";
  if (c == U'〇' || c == U'○') return 0;
  const std::size_t found = kDigits.find(c);
  return found == std::u32string_view::npos ? -1 : static_cast<int>(found);
}

// 1 to 39 in Chinese numerals (十二, 二十, 三十一) or up to two digits.
std::optional<int> take_small(Scanner& s) {
  if (is_ascii_digit(s.peek())) return s.take_number(2);
  const std::size_t start = s.at();
  int tens = 0, ones = 0;
  bool any = false;
  if (const int d = chinese_digit(s.peek()); d > 0) {
    s.move_to(s.at() + 1);
    ones = d, any = true;
  }
  if (s.take(U"十")) {
    tens = any ? ones : 1;
    ones = 0, any = true;
    if (const int d = chinese_digit(s.peek()); d > 0) {
      ones = d;
      s.move_to(s.at() + 1);
    }
  }
  if (any) return tens * 10 + ones;
  s.move_to(start);
  return std::nullopt;
}

bool is_year(int value) { return value >= 1900 && value <= 2099; }

std::optional<int> take_year(Scanner& s) {
  const std::size_t start = s.at();
  if (const auto value = s.take_number(4); value && s.at() - start == 4 && is_year(*value)) return value;
  s.move_to(start);
  return std::nullopt;
}

// 二〇二五 (without 年).
std::optional<int> take_chinese_year(Scanner& s) {
  int value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int d = chinese_digit(s.peek(i));
    if (d < 0) return std::nullopt;
    value = value * 10 + d;
  }
  if (!is_year(value)) return std::nullopt;
  s.move_to(s.at() + 4);
  return value;
}

bool valid_month(int m) { return m >= 1 && m <= 12; }
bool valid_day(int d) { return d >= 1 && d <= 31; }

// Q1, 第一季度, 一季度, first quarter.
std::optional<int> take_quarter(Scanner& s) {
  const std::size_t start = s.at();
  if (s.take(U"q") && s.peek() >= U'1' && s.peek() <= U'4' && !is_ascii_digit(s.peek(1))) {
    const int quarter = static_cast<int>(s.peek() - U'0');
    s.move_to(s.at() + 1);
    return quarter;
  }
  s.move_to(start);
  constexpr std::array<std::u32string_view, 4> kOrdinals{U"first quarter", U"second quarter", U"third quarter",
                                                         U"fourth quarter"};
  for (int i = 0; i < 4; ++i)
    if (s.take_word(kOrdinals[static_cast<std::size_t>(i)])) return i + 1;
  s.take(U"第");
  if (const auto n = take_small(s); n && *n >= 1 && *n <= 4 && (s.take(U"季度") || s.take(U"季")))
    return n;
  s.move_to(start);
  return std::nullopt;
}

int take_month_name(Scanner& s) {
  constexpr std::array<std::u32string_view, 12> kLong{U"january", U"february", U"march", U"april", U"may", U"june",
                                                      U"july", U"august", U"september", U"october", U"november",
                                                      U"december"};
  for (int i = 0; i < 12; ++i) {
    const std::u32string_view name = kLong[static_cast<std::size_t>(i)];
    if (s.take_word(name)) return i + 1;
    const std::size_t start = s.at();
    if (s.take_word(name.substr(0, 3)) || (i == 8 && s.take_word(U"sept"))) {
      s.take(U".");
      return i + 1;
    }
    s.move_to(start);
  }
  return 0;
}

void take_ordinal_suffix(Scanner& s) {
  for (const std::u32string_view suffix : {U"st", U"nd", U"rd", U"th"})
    if (s.take_word(suffix)) return;
}

// What may follow a year in Chinese: 3月, 3月31日, 第一季度.
void take_chinese_rest(Scanner& s, DateParts& parts) {
  const std::size_t after_year = s.at();
  s.skip_spaces();
  if (const auto quarter = take_quarter(s)) {
    parts.quarter = *quarter;
    return;
  }
  const auto month = take_small(s);
  s.skip_spaces();
  if (!month || !valid_month(*month) || !s.take(U"月")) {
    s.move_to(after_year);
    return;
  }
  parts.month = *month;
  s.take(U"份");
  const std::size_t after_month = s.at();
  s.skip_spaces();
  const auto day = take_small(s);
  if (day && valid_day(*day) && (s.take(U"日") || s.take(U"号"))) parts.day = *day;
  else s.move_to(after_month);
}

// ", 2025", " 2025", " of 2025", " FY2025" after a month, day or quarter.
void take_year_after(Scanner& s, DateParts& parts) {
  const std::size_t start = s.at();
  s.take(U",");
  s.skip_spaces();
  if (s.take(U"of ") || s.take(U"in ")) {}
  if (s.take(U"fiscal year ") || s.take(U"fiscal ") || s.take(U"fy ") || s.take(U"fy")) {}
  if (const auto year = take_year(s); year && !is_ascii_alnum(s.peek())) parts.year = *year;
  else s.move_to(start);
}

// 2025-03-31, 2025/3/31, 2025.3.31, 2025-03; 2025Q1, 2025 Q1; 2025年...; 2025.
bool scan_year_first(Scanner& s, DateParts& parts) {
  const auto year = take_year(s);
  if (!year) return false;
  parts.year = *year;
  const std::size_t after_year = s.at();
  if (s.take(U"年度") || s.take(U"年") || s.take(U" 年")) {
    take_chinese_rest(s, parts);
    return true;
  }
  if (const char32_t mark = s.peek(); mark == U'-' || mark == U'/' || mark == U'.') {
    s.move_to(s.at() + 1);
    const std::size_t month_at = s.at();
    const auto month = s.take_number(2);
    const bool two_digits = s.at() - month_at == 2;
    if (month && valid_month(*month)) {
      const std::size_t after_month = s.at();
      if (s.take(std::u32string(1, mark))) {
        if (const auto day = s.take_number(2); day && valid_day(*day)) {
          parts.month = *month, parts.day = *day;
          return true;
        }
      }
      s.move_to(after_month);
      if (two_digits && mark != U'.' && !is_ascii_digit(s.peek())) {
        parts.month = *month;
        return true;
      }
    }
    s.move_to(after_year);
    if (mark == U'.' && is_ascii_digit(s.peek(1))) return false;  // an amount
  }
  s.skip_spaces();
  if (const auto quarter = take_quarter(s)) {
    parts.quarter = *quarter;
    return true;
  }
  s.move_to(after_year);
  return true;
}

// 31 March 2025, 1st of April; 31/03/2025.
bool scan_day_first(Scanner& s, DateParts& parts) {
  const auto first = s.take_number(2);
  if (!first) return false;
  if (s.take(U"/")) {
    const auto second = s.take_number(2);
    if (!second || !s.take(U"/")) return false;
    const auto year = take_year(s);
    if (!year || is_ascii_alnum(s.peek())) return false;
    parts.year = *year;
    if (*first > 12 && valid_day(*first) && valid_month(*second)) parts.day = *first, parts.month = *second;
    if (*second > 12 && valid_day(*second) && valid_month(*first)) parts.month = *first, parts.day = *second;
    return true;
  }
  if (!valid_day(*first)) return false;
  take_ordinal_suffix(s);
  if (s.peek() != U' ' && s.peek() != U'\n' && s.peek() != U'-') return false;
  s.move_to(s.at() + 1);
  s.take(U"of ");
  parts.month = take_month_name(s);
  if (parts.month == 0) return false;
  parts.day = *first;
  s.take(U"-");
  take_year_after(s, parts);
  return true;
}

// March 31, 2025; March 2025; March.
bool scan_month_first(Scanner& s, DateParts& parts) {
  parts.month = take_month_name(s);
  if (parts.month == 0) return false;
  const std::size_t after_month = s.at();
  if (s.take(U"-")) {  // Mar-2025
    if (const auto year = take_year(s)) return parts.year = *year, true;
    s.move_to(after_month);
  }
  s.skip_spaces();
  const auto day = s.take_number(2);
  if (day && valid_day(*day)) {
    take_ordinal_suffix(s);
    if (!is_ascii_alnum(s.peek()) && !(s.peek() == U'.' && is_ascii_digit(s.peek(1))) && s.peek() != U'%') {
      parts.day = *day;
      take_year_after(s, parts);
      return true;
    }
  }
  s.move_to(after_month);
  take_year_after(s, parts);
  return true;
}

bool scan_other(Scanner& s, DateParts& parts) {
  const std::size_t start = s.at();
  if (const auto year = take_chinese_year(s); year && (s.take(U"年度") || s.take(U"年"))) {
    parts.year = *year;
    take_chinese_rest(s, parts);
    return true;
  }
  s.move_to(start);
  if (const auto quarter = take_quarter(s)) {
    parts.quarter = *quarter;
    take_year_after(s, parts);
    return true;
  }
  s.move_to(start);
  if (s.take(U"fiscal year ") || s.take(U"fiscal ") || s.take(U"fy ") || s.take(U"fy")) {
    if (const auto year = take_year(s)) return parts.year = *year, true;
  }
  s.move_to(start);
  take_chinese_rest(s, parts);  // 3月, 三月31日, 12月份
  return parts.month != 0;
}

// A four-digit number that is counted in something, or is part of a code or a larger number, is no year.
bool is_amount(const std::u32string& text, std::size_t begin, std::size_t end) {
  const char32_t before = begin > 0 ? text[begin - 1] : U'\0';
  if (before != U'\0' && std::u32string_view(U"$€£¥.,#_").find(before) != std::u32string_view::npos &&
      !(before == U',' && begin > 1 && !is_ascii_digit(text[begin - 2])))
    return !(before == U'.' && (begin < 2 || !is_ascii_digit(text[begin - 2])));
  if (before == U'-' && begin > 1 && is_ascii_alnum(text[begin - 2]) && !is_ascii_digit(text[begin - 2])) return true;
  const char32_t after = end < text.size() ? text[end] : U'\0';
  const char32_t next = end + 1 < text.size() ? text[end + 1] : U'\0';
  if ((after == U',' || after == U'.') && is_ascii_digit(next)) return true;
  if (after == U'%' || after == U'_') return true;
  constexpr std::u32string_view kCounted = U"元人个名台套件万亿千百次小米公吨页字美欧瓦伏升毫株辆户家";
  if (kCounted.find(after) != std::u32string_view::npos && after != U'\0') return true;
  static constexpr std::array<std::u32string_view, 24> kUnits{
      U"employees", U"people", U"units", U"users", U"hours", U"days", U"eur", U"usd", U"cny", U"rmb", U"yuan",
      U"dollars", U"euros", U"customers", U"kg", U"km", U"mm", U"rpm", U"mah", U"mb", U"gb", U"ms", U"pieces",
      U"w"};
  const std::size_t word = after == U' ' ? end + 1 : end;
  return std::any_of(kUnits.begin(), kUnits.end(), [&](std::u32string_view unit) {
    return std::u32string_view(text).substr(word, unit.size()) == unit &&
           (word + unit.size() >= text.size() || !is_ascii_alnum(text[word + unit.size()]));
  });
}

// "may" and "march" are words too: alone they are months only where they are written like one.
bool is_month_alone(std::string_view original, const FoldedText& folded, std::size_t begin, std::size_t end) {
  const char first = original[folded.begins[begin]];
  if (first < 'A' || first > 'Z') return false;
  const std::u32string_view word = std::u32string_view(folded.text).substr(begin, end - begin);
  if (word != U"may" && word != U"march" && word != U"mar" && word != U"dec" && word != U"sep" && word != U"jan")
    return true;
  if (begin == 0) return end >= folded.text.size() || folded.text[end] == U' ' ? end >= folded.text.size() : true;
  static constexpr std::array<std::u32string_view, 16> kBefore{
      U"in ", U"of ", U"by ", U"since ", U"until ", U"from ", U"to ", U"through ", U"before ", U"after ", U"during ",
      U"last ", U"this ", U"next ", U"for ", U"and "};
  const std::u32string_view left = std::u32string_view(folded.text).substr(0, begin);
  if (std::any_of(kBefore.begin(), kBefore.end(), [&](std::u32string_view w) { return left.ends_with(w); })) return true;
  const char32_t before = left.back();
  return before == U'|' || (before == U' ' && begin > 1 && (left[begin - 2] == U'|' || left[begin - 2] == U':'));
}

bool only_month(const DateParts& p) { return p.month != 0 && p.year == 0 && p.day == 0 && p.quarter == 0; }

CalendarDay add_months(CalendarDay day, int months) {
  const int index = day.year * 12 + day.month - 1 + months;
  return {index / 12, index % 12 + 1, 1};
}

enum class Step { kYear, kQuarter, kMonth, kDay };
struct RelativeWord {
  std::u32string_view text;
  Step step;
  int by;
};

constexpr auto kRelativeWords = std::to_array<RelativeWord>({
    {U"the year before last", Step::kYear, -2}, {U"last year", Step::kYear, -1}, {U"previous year", Step::kYear, -1},
    {U"past year", Step::kYear, -1}, {U"this year", Step::kYear, 0}, {U"current year", Step::kYear, 0},
    {U"next year", Step::kYear, 1}, {U"last quarter", Step::kQuarter, -1}, {U"previous quarter", Step::kQuarter, -1},
    {U"this quarter", Step::kQuarter, 0}, {U"current quarter", Step::kQuarter, 0}, {U"next quarter", Step::kQuarter, 1},
    {U"last month", Step::kMonth, -1}, {U"previous month", Step::kMonth, -1}, {U"this month", Step::kMonth, 0},
    {U"current month", Step::kMonth, 0}, {U"next month", Step::kMonth, 1}, {U"the day before yesterday", Step::kDay, -2},
    {U"yesterday", Step::kDay, -1}, {U"today", Step::kDay, 0}, {U"the day after tomorrow", Step::kDay, 2},
    {U"tomorrow", Step::kDay, 1}, {U"大前年", Step::kYear, -3}, {U"前年", Step::kYear, -2}, {U"去年", Step::kYear, -1},
    {U"上一年", Step::kYear, -1}, {U"上年度", Step::kYear, -1}, {U"今年", Step::kYear, 0}, {U"本年度", Step::kYear, 0},
    {U"明年", Step::kYear, 1}, {U"后年", Step::kYear, 2}, {U"上个季度", Step::kQuarter, -1},
    {U"上季度", Step::kQuarter, -1}, {U"上一季度", Step::kQuarter, -1}, {U"本季度", Step::kQuarter, 0},
    {U"这个季度", Step::kQuarter, 0}, {U"下个季度", Step::kQuarter, 1}, {U"下季度", Step::kQuarter, 1},
    {U"上个月", Step::kMonth, -1}, {U"上月", Step::kMonth, -1}, {U"这个月", Step::kMonth, 0}, {U"本月", Step::kMonth, 0},
    {U"当月", Step::kMonth, 0}, {U"下个月", Step::kMonth, 1}, {U"下月", Step::kMonth, 1}, {U"前天", Step::kDay, -2},
    {U"昨天", Step::kDay, -1}, {U"昨日", Step::kDay, -1}, {U"今天", Step::kDay, 0}, {U"今日", Step::kDay, 0},
    {U"明天", Step::kDay, 1}, {U"明日", Step::kDay, 1}, {U"后天", Step::kDay, 2},
});

DateParts step_from(const CalendarDay& today, Step step, int by) {
  switch (step) {
    case Step::kYear: return {today.year + by, 0, 0, 0};
    case Step::kQuarter: {
      const CalendarDay month = add_months(today, by * 3);
      return {month.year, (month.month - 1) / 3 + 1, 0, 0};
    }
    case Step::kMonth: {
      const CalendarDay month = add_months(today, by);
      return {month.year, 0, month.month, 0};
    }
    case Step::kDay: break;
  }
  const CalendarDay day = civil_from_days(days_from_civil(today) + by);
  return {day.year, 0, day.month, day.day};
}

// "two years ago", "3个月前": moves the scanner past it.
std::optional<DateParts> scan_ago(Scanner& s, const CalendarDay& today) {
  static constexpr std::array<std::u32string_view, 11> kNumbers{U"zero", U"one", U"two", U"three", U"four", U"five",
                                                                U"six", U"seven", U"eight", U"nine", U"ten"};
  std::optional<int> count;
  for (int i = 1; i <= 10 && !count; ++i)
    if (s.take_word(kNumbers[static_cast<std::size_t>(i)])) count = i;
  if (!count && (s.take_word(U"a") || s.take_word(U"an"))) count = 1;
  if (!count && s.take(U"两")) count = 2;
  if (!count) count = take_small(s);
  if (!count) return std::nullopt;
  s.skip_spaces();
  if (s.take(U"years ago") || s.take(U"year ago") || s.take(U"年前") || s.take(U"年以前")) return step_from(today, Step::kYear, -*count);
  if (s.take(U"months ago") || s.take(U"month ago") || s.take(U"个月前") || s.take(U"个月以前")) return step_from(today, Step::kMonth, -*count);
  if (s.take(U"days ago") || s.take(U"day ago") || s.take(U"天前") || s.take(U"天以前")) return step_from(today, Step::kDay, -*count);
  return std::nullopt;
}

}  // namespace

bool compatible(const DateParts& a, const DateParts& b) {
  const auto clash = [](int x, int y) { return x != 0 && y != 0 && x != y; };
  const auto quarter_of = [](const DateParts& p) { return p.quarter != 0 ? p.quarter : p.month != 0 ? (p.month - 1) / 3 + 1 : 0; };
  return !clash(a.year, b.year) && !clash(a.month, b.month) && !clash(a.day, b.day) &&
         !clash(quarter_of(a), quarter_of(b));
}

bool covers(const DateParts& have, const DateParts& wanted) {
  if (!compatible(have, wanted)) return false;
  return (wanted.year == 0 || have.year != 0) && (wanted.month == 0 || have.month != 0) &&
         (wanted.day == 0 || have.day != 0) && (wanted.quarter == 0 || have.quarter != 0 || have.month != 0);
}

DateParts merge_dates(DateParts a, const DateParts& b) {
  if (a.year == 0) a.year = b.year;
  if (a.quarter == 0 && a.month == 0) a.quarter = b.quarter;
  if (a.month == 0) a.month = b.month;
  return a;
}

std::vector<DateParts> join_dates(const std::vector<DateParts>& dates) {
  std::vector<DateParts> years, parts, out;
  for (const DateParts& date : dates) {
    const bool year_only = date.year != 0 && date.quarter == 0 && date.month == 0;
    (year_only ? years : date.year == 0 ? parts : out).push_back(date);
  }
  if (years.size() != 1 || parts.empty()) return dates;
  for (const DateParts& part : parts) out.push_back(merge_dates(part, years.front()));
  return out;
}

std::string format_parts(const DateParts& parts) {
  std::string out;
  if (parts.year != 0) out = std::to_string(parts.year);
  if (parts.quarter != 0) {
    if (!out.empty()) out += ' ';
    out += 'Q';
    return out + std::to_string(parts.quarter);
  }
  for (const int part : {parts.month, parts.day}) {
    if (part == 0) continue;
    if (!out.empty()) out += '-';
    if (part < 10) out += '0';
    out += std::to_string(part);
  }
  return out;
}

std::vector<FoundDate> find_dates(std::string_view text) {
  const FoldedText folded = fold_text(text);
  std::vector<FoundDate> found;
  for (std::size_t at = 0; at < folded.text.size();) {
    const char32_t before = at > 0 ? folded.text[at - 1] : U' ';
    const char32_t c = folded.text[at];
    const bool inside_word = is_ascii_alnum(c) && is_ascii_alnum(before);
    const bool inside_numeral = chinese_digit(c) >= 0 && (chinese_digit(before) >= 0 || before == U'十' || before == U'百');
    std::size_t end = 0;
    DateParts parts;
    if (!inside_word && !inside_numeral) {
      using Scan = bool (*)(Scanner&, DateParts&);
      for (const Scan scan : std::initializer_list<Scan>{scan_year_first, scan_day_first, scan_month_first, scan_other}) {
        Scanner scanner(folded.text, at);
        DateParts candidate;
        if (!scan(scanner, candidate) || candidate.empty() || scanner.at() <= at) continue;
        const bool bare_year = scan == scan_year_first && scanner.at() == at + 4;
        if (bare_year && (is_ascii_alnum(scanner.peek()) || is_amount(folded.text, at, at + 4))) continue;
        if (scan == scan_month_first && only_month(candidate) && !is_month_alone(text, folded, at, scanner.at())) continue;
        end = scanner.at(), parts = candidate;
        break;
      }
    }
    if (end > at) {
      found.push_back({folded.begins[at], folded.ends[end - 1], parts});
      at = end;
    } else {
      ++at;
    }
  }
  return found;
}

std::vector<ResolvedDate> resolve_relative_dates(std::string_view text, const ClockInputs& clock) {
  std::vector<ResolvedDate> resolved;
  const std::optional<CalendarDay> today = local_day(clock);
  if (!today) return resolved;
  const FoldedText folded = fold_text(text);
  for (std::size_t at = 0; at < folded.text.size();) {
    const char32_t before = at > 0 ? folded.text[at - 1] : U' ';
    std::size_t end = 0;
    DateParts parts;
    if (!(is_ascii_alnum(before) && is_ascii_alnum(folded.text[at]))) {
      for (const RelativeWord& word : kRelativeWords) {
        Scanner scanner(folded.text, at);
        const bool latin = is_ascii_alnum(word.text.back());
        if (!(latin ? scanner.take_word(word.text) : scanner.take(word.text))) continue;
        end = scanner.at(), parts = step_from(*today, word.step, word.by);
        break;
      }
      Scanner scanner(folded.text, at);
      if (end == 0) {
        if (const auto ago = scan_ago(scanner, *today)) end = scanner.at(), parts = *ago;
      }
    }
    if (end > at) {
      const std::string_view phrase = folded.source(text, at, end);
      resolved.push_back({folded.begins[at], folded.ends[end - 1], std::string(phrase), parts});
      at = end;
    } else {
      ++at;
    }
  }
  return resolved;
}

}  // namespace grounds
