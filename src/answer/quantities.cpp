#include "answer/quantities.h"

#include <algorithm>
#include <array>

#include "answer/date_words.h"
#include "answer/fold.h"
#include "base/utf8.h"

namespace grounds {
namespace {

struct Alias {
  std::u32string_view text;
  std::string_view unit;
};

// Longer ones before their prefixes.
constexpr auto kUnits = std::to_array<Alias>({
    {U"percentage points", "pp"}, {U"percentage point", "pp"}, {U"个百分点", "pp"}, {U"percent", "percent"},
    {U"per cent", "percent"}, {U"%", "percent"}, {U"us dollars", "usd"}, {U"dollars", "usd"}, {U"dollar", "usd"},
    {U"usd", "usd"}, {U"美元", "usd"}, {U"美金", "usd"}, {U"euros", "eur"}, {U"euro", "eur"}, {U"eur", "eur"},
    {U"欧元", "eur"}, {U"€", "eur"}, {U"pounds", "gbp"}, {U"gbp", "gbp"}, {U"英镑", "gbp"}, {U"日元", "jpy"},
    {U"yen", "jpy"}, {U"jpy", "jpy"}, {U"港元", "hkd"}, {U"港币", "hkd"}, {U"hkd", "hkd"}, {U"元人民币", "cny"},
    {U"人民币", "cny"}, {U"yuan", "cny"}, {U"rmb", "cny"}, {U"cny", "cny"}, {U"元", "cny"}, {U"块钱", "cny"},
    {U"business days", "workday"}, {U"business day", "workday"}, {U"working days", "workday"},
    {U"working day", "workday"}, {U"workdays", "workday"}, {U"workday", "workday"}, {U"个工作日", "workday"},
    {U"工作日", "workday"}, {U"calendar days", "day"}, {U"calendar day", "day"}, {U"个自然日", "day"},
    {U"days", "day"}, {U"day", "day"}, {U"天", "day"}, {U"日", "day"}, {U"weeks", "week"}, {U"week", "week"},
    {U"个星期", "week"}, {U"周", "week"}, {U"months", "month"}, {U"month", "month"}, {U"个月", "month"},
    {U"years", "year"}, {U"year", "year"}, {U"周年", "year"}, {U"年", "year"}, {U"kwh", "kwh"}, {U"千瓦时", "kwh"},
    {U"hours", "hour"}, {U"hour", "hour"}, {U"hrs", "hour"}, {U"小时", "hour"}, {U"个小时", "hour"}, {U"h", "hour"},
    {U"minutes", "minute"}, {U"minute", "minute"}, {U"mins", "minute"}, {U"min", "minute"}, {U"分钟", "minute"},
    {U"milliseconds", "ms"}, {U"毫秒", "ms"}, {U"ms", "ms"}, {U"seconds", "second"}, {U"second", "second"},
    {U"sec", "second"}, {U"秒", "second"}, {U"s", "second"}, {U"people", "person"}, {U"persons", "person"},
    {U"person", "person"}, {U"employees", "person"}, {U"staff", "person"}, {U"名员工", "person"}, {U"人", "person"},
    {U"名", "person"}, {U"kilometres", "km"}, {U"kilometers", "km"}, {U"km", "km"}, {U"公里", "km"}, {U"千米", "km"},
    {U"millimetres", "mm"}, {U"millimeters", "mm"}, {U"mm", "mm"}, {U"毫米", "mm"}, {U"cm", "cm"}, {U"厘米", "cm"},
    {U"平方米", "m2"}, {U"square metres", "m2"}, {U"square meters", "m2"}, {U"m²", "m2"}, {U"㎡", "m2"},
    {U"metres", "m"}, {U"meters", "m"}, {U"米", "m"}, {U"m", "m"}, {U"kilograms", "kg"}, {U"kg", "kg"},
    {U"公斤", "kg"}, {U"千克", "kg"}, {U"grams", "g"}, {U"克", "g"}, {U"g", "g"}, {U"tonnes", "t"}, {U"tons", "t"},
    {U"吨", "t"}, {U"litres", "l"}, {U"liters", "l"}, {U"升", "l"}, {U"l", "l"}, {U"kw", "kw"}, {U"千瓦", "kw"},
    {U"watts", "w"}, {U"瓦", "w"}, {U"w", "w"}, {U"volts", "v"}, {U"伏", "v"}, {U"v", "v"}, {U"mah", "mah"},
    {U"毫安时", "mah"}, {U"amps", "a"}, {U"安培", "a"}, {U"a", "a"}, {U"khz", "khz"}, {U"mhz", "mhz"}, {U"ghz", "ghz"},
    {U"hz", "hz"}, {U"°c", "celsius"}, {U"℃", "celsius"}, {U"摄氏度", "celsius"}, {U"degrees celsius", "celsius"},
    {U"db", "db"}, {U"分贝", "db"}, {U"tb", "tb"}, {U"gb", "gb"}, {U"mb", "mb"}, {U"kb", "kb"}, {U"rpm", "rpm"},
    {U"转/分", "rpm"}, {U"bar", "bar"}, {U"mpa", "mpa"}, {U"kpa", "kpa"}, {U"pages", "page"}, {U"page", "page"},
    {U"页", "page"}, {U"times", "times"}, {U"次", "times"}, {U"倍", "fold"}, {U"units", "piece"}, {U"unit", "piece"},
    {U"pieces", "piece"}, {U"pcs", "piece"}, {U"台", "piece"}, {U"件", "piece"}, {U"套", "piece"}, {U"只", "piece"},
    {U"辆", "piece"}, {U"块", "piece"}, {U"个", "piece"}, {U"岁", "age"}, {U"years old", "age"}, {U"平方公里", "km2"},
    {U"层", "floor"}, {U"级", "grade"}, {U"家", "piece"}, {U"项", "piece"}, {U"份", "piece"}, {U"位", "person"},
    {U"条", "piece"}, {U"种", "piece"}, {U"张", "piece"}, {U"本", "piece"}, {U"倍速", "fold"}, {U"度", "degree"},
});

constexpr auto kCurrencyPrefixes = std::to_array<Alias>({
    {U"us$", "usd"}, {U"hk$", "hkd"}, {U"$", "usd"}, {U"€", "eur"}, {U"£", "gbp"}, {U"¥", "yen_or_yuan"},
    {U"￥", "yen_or_yuan"}, {U"rmb", "cny"}, {U"cny", "cny"}, {U"usd", "usd"}, {U"eur", "eur"}, {U"gbp", "gbp"},
    {U"jpy", "jpy"}, {U"hkd", "hkd"}, {U"人民币", "cny"},
});

struct ScaleWord {
  std::u32string_view text;
  int power;
};
constexpr auto kScaleWords = std::to_array<ScaleWord>({
    {U"hundred thousand", 5}, {U"hundred million", 8}, {U"thousand", 3}, {U"million", 6}, {U"mn", 6},
    {U"billion", 9}, {U"bn", 9}, {U"trillion", 12}, {U"hundred", 2},
});

bool is_currency_unit(std::string_view unit) {
  return unit == "usd" || unit == "eur" || unit == "gbp" || unit == "jpy" || unit == "hkd" || unit == "cny" ||
         unit == "yen_or_yuan";
}

std::u32string_view rest(const std::u32string& text, std::size_t at) {
  return std::u32string_view(text).substr(std::min(at, text.size()));
}

bool starts_word(const std::u32string& text, std::size_t at, std::u32string_view word) {
  if (!rest(text, at).starts_with(word)) return false;
  const std::size_t end = at + word.size();
  return !is_ascii_alnum(word.back()) || end >= text.size() || !is_ascii_alnum(text[end]);
}

// 0-9 of a Chinese digit, formal ones included; -1 for others.
int digit_of(char32_t c) {
  static constexpr std::u32string_view kPlain = U"零一二三四五六七八九", kFormal = U"〇壹贰叁肆伍陆柒捌玖";
  if (c == U'两') return 2;
  if (const auto i = kPlain.find(c); i != std::u32string_view::npos) return static_cast<int>(i);
  if (const auto i = kFormal.find(c); i != std::u32string_view::npos) return static_cast<int>(i);
  return -1;
}
int small_power(char32_t c) {
  switch (c) {
    case U'十': case U'拾': return 1;
    case U'百': case U'佰': return 2;
    case U'千': case U'仟': return 3;
    default: return 0;
  }
}
int large_power(char32_t c) {
  switch (c) {
    case U'万': case U'萬': return 4;
    case U'亿': case U'億': return 8;
    default: return 0;
  }
}

// Digits at `at`: 1,577.5 or 1577.5. Moves past them.
std::optional<Decimal> take_arabic(const std::u32string& text, std::size_t& at) {
  std::size_t i = at;
  std::string digits;
  const auto group_follows = [&](std::size_t comma) {
    for (std::size_t k = 1; k <= 3; ++k)
      if (comma + k >= text.size() || !is_ascii_digit(text[comma + k])) return false;
    return comma + 4 >= text.size() || !is_ascii_digit(text[comma + 4]);
  };
  while (i < text.size() && is_ascii_digit(text[i])) digits += static_cast<char>(text[i++]);
  if (digits.empty()) return std::nullopt;
  if (digits.size() <= 3)
    while (i < text.size() && (text[i] == U',' || text[i] == U'\'' || text[i] == U'、') && text[i] != U'、' && group_follows(i))
      for (const std::size_t end = i + 4; ++i < end;) digits += static_cast<char>(text[i]);
  if (i + 1 < text.size() && text[i] == U'.' && is_ascii_digit(text[i + 1])) {
    digits += '.';
    while (++i < text.size() && is_ascii_digit(text[i])) digits += static_cast<char>(text[i]);
  }
  const auto value = parse_decimal(digits);
  if (value) at = i;
  return value;
}

struct Numeral {
  Decimal value;
  bool chinese = false;   // written with Chinese digits or units only
  bool has_unit = false;  // 十百千万亿
  std::size_t characters = 0;
};

// 1577, 1.5亿, 三万五千, 3万5千, 一千五百七十七, 二〇二五. Moves past it.
std::optional<Numeral> take_numeral(const std::u32string& text, std::size_t& at) {
  std::size_t i = at;
  Numeral numeral;
  Decimal total, section;
  std::optional<Decimal> pending;
  bool pending_chinese = false, zero_before = false, arabic = false, overflow = false;
  int last_power = 0;
  const auto plus = [&](const Decimal& a, const Decimal& b) {
    const auto sum = add(a, b);
    overflow |= !sum;
    return sum.value_or(Decimal{});
  };
  while (i < text.size() && !overflow) {
    // "6200 万元": a space between digits and their unit.
    if (text[i] == U' ' && pending && !pending_chinese && i + 1 < text.size() && large_power(text[i + 1]) > 0) {
      ++i;
      continue;
    }
    if (is_ascii_digit(text[i])) {
      if (pending) break;
      pending = take_arabic(text, i);
      if (!pending) return std::nullopt;
      arabic = true, pending_chinese = false;
    } else if (digit_of(text[i]) >= 0) {
      if (pending) break;
      std::string digits;
      zero_before = text[i] == U'零' && last_power > 0;
      while (i < text.size() && digit_of(text[i]) >= 0) digits += static_cast<char>('0' + digit_of(text[i++]));
      if (i + 1 < text.size() && text[i] == U'点' && digit_of(text[i + 1]) >= 0) {
        digits += '.';
        while (++i < text.size() && digit_of(text[i]) >= 0) digits += static_cast<char>('0' + digit_of(text[i]));
      }
      pending = parse_decimal(digits);
      if (!pending) return std::nullopt;
      pending_chinese = true;
    } else if (const int power = small_power(text[i]); power > 0) {
      if (!pending && power != 1) break;  // 百 and 千 want a digit; 十 means ten
      section = plus(section, scale(pending.value_or(Decimal{1, 0}), power));
      pending.reset();
      last_power = power, numeral.has_unit = true, ++i;
    } else if (const int large = large_power(text[i]); large > 0) {
      const Decimal high = plus(section, pending.value_or(Decimal{}));
      if (high.mantissa == 0 && total.mantissa == 0) break;
      if (large == 8) total = scale(plus(total, high), 8);
      else total = plus(total, scale(high, 4));
      section = {}, pending.reset();
      last_power = large, numeral.has_unit = true, ++i;
    } else {
      break;
    }
  }
  if (i == at) return std::nullopt;
  // 三万五 is 35,000 and 一百五 is 150.
  if (pending && pending_chinese && !zero_before && last_power >= 2 && pending->exponent == 0 && pending->mantissa < 10)
    pending = scale(*pending, last_power - 1);
  numeral.value = plus(plus(total, section), pending.value_or(Decimal{}));
  if (overflow) return std::nullopt;
  numeral.chinese = !arabic;
  numeral.characters = i - at;
  at = i;
  return numeral;
}

// two, twelve, twenty-four, three hundred. "one" is an article as often as a number: only before a unit.
std::optional<Numeral> take_english(const std::u32string& text, std::size_t& at) {
  static constexpr auto kSmall = std::to_array<std::pair<std::u32string_view, std::uint64_t>>({
      {U"one", 1}, {U"two", 2}, {U"three", 3}, {U"four", 4}, {U"five", 5}, {U"six", 6}, {U"seven", 7}, {U"eight", 8}, {U"nine", 9},
      {U"ten", 10}, {U"eleven", 11}, {U"twelve", 12}, {U"thirteen", 13}, {U"fourteen", 14}, {U"fifteen", 15}, {U"sixteen", 16},
      {U"seventeen", 17}, {U"eighteen", 18}, {U"nineteen", 19}, {U"twenty", 20}, {U"thirty", 30}, {U"forty", 40}, {U"fifty", 50},
      {U"sixty", 60}, {U"seventy", 70}, {U"eighty", 80}, {U"ninety", 90}});
  if (at > 0 && is_ascii_alnum(text[at - 1])) return std::nullopt;
  for (const auto& [word, number] : kSmall) {
    if (!starts_word(text, at, word)) continue;
    std::uint64_t value = number;
    std::size_t end = at + word.size();
    if (number >= 20 && end < text.size() && (text[end] == U'-' || text[end] == U' ')) {
      for (const auto& [ones, digit] : kSmall) {
        if (digit > 9 || !starts_word(text, end + 1, ones)) continue;
        value += digit, end += 1 + ones.size();
        break;
      }
    }
    Numeral numeral;
    numeral.value = *parse_decimal(std::to_string(value));
    numeral.characters = end - at;
    at = end;
    return numeral;
  }
  return std::nullopt;
}

// The unit at `at` (after at most one space). Moves past it.
std::string take_unit(const std::u32string& text, std::size_t& at) {
  const std::size_t begin = at < text.size() && (text[at] == U' ' || text[at] == U'\n' || text[at] == U'-') ? at + 1 : at;
  const Alias* best = nullptr;
  for (const Alias& alias : kUnits) {
    if (begin != at && alias.text.size() == 1 && alias.text != U"%" && is_ascii_alnum(alias.text[0]) && alias.text != U"v" &&
        alias.text != U"w")
      continue;  // "5 a", "2 m": too short to be a unit across a space
    if (starts_word(text, begin, alias.text) && (best == nullptr || alias.text.size() > best->text.size())) best = &alias;
  }
  if (best == nullptr) return {};
  at = begin + best->text.size();
  return std::string(best->unit);
}

// Currency sign or code that ends right before `at`; where it begins.
std::string currency_before(const std::u32string& text, std::size_t& at) {
  std::size_t end = at;
  if (end > 0 && text[end - 1] == U' ') --end;
  const std::u32string_view left = std::u32string_view(text).substr(0, end);
  for (const Alias& alias : kCurrencyPrefixes) {
    if (!left.ends_with(alias.text)) continue;
    const std::size_t begin = end - alias.text.size();
    if (is_ascii_alnum(alias.text.front()) && begin > 0 && is_ascii_alnum(text[begin - 1])) continue;
    at = begin;
    return std::string(alias.unit);
  }
  return {};
}

// Reads scale words after a number and gives the readings: "million", "k", "M".
void apply_scale(const std::u32string& text, std::size_t& at, std::vector<Decimal>& values) {
  const std::size_t begin = at < text.size() && (text[at] == U' ' || text[at] == U'\n') ? at + 1 : at;
  for (const ScaleWord& word : kScaleWords) {
    if (!starts_word(text, begin, word.text)) continue;
    for (Decimal& value : values) value = scale(value, word.power);
    at = begin + word.text.size();
    return;
  }
  if (begin != at || values.size() != 1) return;
  for (const auto& [letter, power] : {std::pair{U"k", 3}, std::pair{U"m", 6}, std::pair{U"b", 9}}) {
    if (!starts_word(text, at, letter)) continue;
    values.push_back(scale(values.front(), power));
    if (*letter != U'm') ++at;  // "5m" may be metres: the unit is read next
    return;
  }
}

bool is_code_character(char32_t c) {
  return is_ascii_alnum(c) || c == U'-' || c == U'_' || c == U'.' || c == U'/' || c == U':' || c == U'#';
}

// Number and unit in one word ("10kg", "24h", "3M") are an amount.
bool is_number_with_unit(const std::u32string& word) {
  std::size_t at = 0;
  const auto value = take_arabic(word, at);
  if (!value) return false;
  if (at == word.size()) return true;
  std::vector<Decimal> values{*value};
  apply_scale(word, at, values);
  take_unit(word, at);
  return at == word.size() || (values.size() == 2 && at + 1 == word.size());
}

// HH:MM of a clock time, or nothing.
std::string clock_time(const std::u32string& word) {
  const std::size_t colon = word.find(U':');
  if (colon == std::u32string::npos || colon == 0 || colon > 2 || word.size() != colon + 3) return {};
  std::string out(colon == 1 ? "0" : "");
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (i == colon) { out += ':'; continue; }
    if (!is_ascii_digit(word[i])) return {};
    out += static_cast<char>(word[i]);
  }
  return out;
}

// What the word is: a code (its folded form) or nothing.
std::string code_of(const std::u32string& word) {
  std::size_t digits = 0, letters = 0, separators = 0;
  for (const char32_t c : word) {
    if (is_ascii_digit(c)) ++digits;
    else if (is_ascii_alnum(c)) ++letters;
    else ++separators;
  }
  if (digits == 0) return {};
  if (const std::string time = clock_time(word); !time.empty()) return time;
  if (is_number_with_unit(word)) return {};
  const bool dotted = letters == 0 && separators >= 2;
  const bool long_number = letters == 0 && separators == 0 && digits > 19;
  if (letters == 0 && !dotted && !long_number) return {};
  std::string folded;
  for (const char32_t c : word) append_utf8(folded, c);
  return folded;
}

struct FoldedCode {
  std::size_t from, to;
  std::string folded;
};

// "+49 40 555 0177": the end of a phone number that starts at `at`, or `at`.
std::size_t phone_end(const std::u32string& text, std::size_t at) {
  if (text[at] != U'+') return at;
  std::size_t end = at, groups = 0;
  for (std::size_t i = at + 1; i < text.size();) {
    std::size_t stop = i;
    while (stop < text.size() && is_ascii_digit(text[stop])) ++stop;
    if (stop == i) break;
    end = stop, ++groups;
    i = stop + 1;
    if (stop >= text.size() || (text[stop] != U' ' && text[stop] != U'-')) break;
  }
  return groups >= 3 ? end : at;
}

std::vector<FoldedCode> codes_in(const std::u32string& text, const std::vector<std::pair<std::size_t, std::size_t>>& dates) {
  std::vector<FoldedCode> codes;
  const auto add = [&](std::size_t from, std::size_t to) {
    for (const auto& [begin, end] : dates)
      if (from < end && begin < to) return;
    if (std::string folded = code_of(text.substr(from, to - from)); !folded.empty())
      codes.push_back({from, to, std::move(folded)});
  };
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t phone = phone_end(text, at); phone > at) {
      std::string folded;
      for (std::size_t i = at; i < phone; ++i)
        if (text[i] != U' ' && text[i] != U'-') append_utf8(folded, text[i]);
      codes.push_back({at, phone, std::move(folded)});
      at = phone;
      continue;
    }
    if (!is_ascii_alnum(text[at])) { ++at; continue; }
    std::size_t end = at;
    while (end < text.size() && is_code_character(text[end])) ++end;
    const std::size_t next = end;
    while (end > at && !is_ascii_alnum(text[end - 1])) --end;
    // 9:00-18:00 and A1/B2 are two.
    std::size_t from = at;
    bool timed = false;  // a colon stands between `from` and here
    for (std::size_t i = at; i <= end; ++i) {
      const bool range = i < end && text[i] == U'-' && timed;
      const bool colon = i < end && text[i] == U':' && !(is_ascii_digit(text[i - 1]) && i + 1 < end && is_ascii_digit(text[i + 1]));
      if (i == end || text[i] == U'/' || range || colon) {
        if (i > from) add(from, i);
        from = i + 1, timed = false;
      } else {
        timed |= text[i] == U':';
      }
    }
    at = next;
  }
  return codes;
}

std::vector<std::pair<std::size_t, std::size_t>> folded_dates(std::string_view text, const FoldedText& folded) {
  std::vector<std::pair<std::size_t, std::size_t>> spans;
  for (const FoundDate& date : find_dates(text)) {
    const auto from = std::lower_bound(folded.begins.begin(), folded.begins.end(), date.begin) - folded.begins.begin();
    const auto to = std::lower_bound(folded.begins.begin(), folded.begins.end(), date.end) - folded.begins.begin();
    spans.emplace_back(static_cast<std::size_t>(from), static_cast<std::size_t>(to));
  }
  return spans;
}

// A Chinese numeral is an amount only where it counts something: not in 统一, 万一, 十分, 一些.
bool counts(const Numeral& numeral, const std::string& unit, const std::u32string& text, std::size_t begin, std::size_t end) {
  if (!numeral.chinese) return true;
  if (begin > 0 && (text[begin - 1] == U'第' || text[begin - 1] == U'之')) return false;
  if (numeral.characters >= 2 && numeral.has_unit && numeral.value != Decimal{1, 1}) return true;
  if (unit.empty()) return false;
  const bool article = numeral.value == Decimal{1, 0} && (unit == "piece" || unit == "times" || unit == "person" || unit == "grade");
  return !article && !(numeral.characters == 1 && text[begin] == U'十' && end < text.size() && text[end] == U'分');
}

}  // namespace

bool Quantity::currency() const { return is_currency_unit(unit); }

std::vector<Code> find_codes(std::string_view text) {
  const FoldedText folded = fold_text(text);
  std::vector<Code> codes;
  for (FoldedCode& code : codes_in(folded.text, folded_dates(text, folded)))
    codes.push_back({folded.begins[code.from], folded.ends[code.to - 1], std::move(code.folded)});
  return codes;
}

std::vector<Quantity> find_quantities(std::string_view text) {
  const FoldedText folded = fold_text(text);
  const std::u32string& t = folded.text;
  std::vector<std::pair<std::size_t, std::size_t>> taken = folded_dates(text, folded);
  const std::size_t dates = taken.size();
  for (const FoldedCode& code : codes_in(t, taken)) taken.emplace_back(code.from, code.to);
  std::inplace_merge(taken.begin(), taken.begin() + static_cast<std::ptrdiff_t>(dates), taken.end());
  const auto is_digit = [](char32_t c) { return is_ascii_digit(c) || digit_of(c) >= 0; };
  std::vector<Quantity> found;
  auto skip = taken.begin();
  for (std::size_t at = 0; at < t.size();) {
    while (skip != taken.end() && skip->second <= at) ++skip;
    if (skip != taken.end() && skip->first <= at) {
      at = skip->second;
      continue;
    }
    std::size_t begin = at, end = at;
    Quantity quantity;
    int percent_power = 0;
    bool percent_words = false;
    if (rest(t, at).starts_with(U"百分之")) percent_words = true, end = at + 3;
    else if (rest(t, at).starts_with(U"千分之")) percent_words = true, percent_power = -1, end = at + 3;
    const std::size_t number_at = end;
    auto numeral = take_numeral(t, end);
    const bool spelled = !numeral && !percent_words;
    if (spelled) numeral = take_english(t, end);
    if (!numeral) {
      // A run of digits that is no number has none within: looking again from each of them would be quadratic.
      const bool run = is_digit(t[at]);
      ++at;
      while (run && at < t.size() && is_digit(t[at])) ++at;
      continue;
    }
    quantity.values = {scale(numeral->value, percent_power)};
    if (percent_words) {
      quantity.unit = "percent";
    } else {
      std::string prefix = currency_before(t, begin);
      apply_scale(t, end, quantity.values);
      if (t.substr(end, 1) == U"余" || t.substr(end, 1) == U"多") ++end;  // 三百余人
      quantity.unit = take_unit(t, end);
      if (quantity.unit.empty() && rest(t, end).starts_with(U"成") && quantity.values.front().exponent == 0 &&
          quantity.values.front().mantissa < 10 && numeral->chinese) {
        quantity.unit = "percent", quantity.values = {scale(quantity.values.front(), 1)}, ++end;
      }
      if (!prefix.empty()) quantity.unit = std::move(prefix);
      const bool article = spelled && numeral->value == Decimal{1, 0} && (quantity.unit.empty() || quantity.unit == "person" || quantity.unit == "piece");
      if (article || !counts(*numeral, quantity.unit, t, number_at, end)) {
        at = number_at + numeral->characters;
        continue;
      }
    }
    quantity.begin = folded.begins[begin], quantity.end = folded.ends[end - 1];
    found.push_back(std::move(quantity));
    at = end;
  }
  return found;
}

bool same_value(const Quantity& a, const Quantity& b) {
  return std::any_of(a.values.begin(), a.values.end(), [&](const Decimal& value) {
    return std::find(b.values.begin(), b.values.end(), value) != b.values.end();
  });
}

bool same_quantity(const Quantity& a, const Quantity& b) {
  if (!same_value(a, b)) return false;
  if (a.unit == b.unit || a.unit.empty() || b.unit.empty()) return true;
  const auto yen_or_yuan = [](std::string_view x, std::string_view y) {
    return x == "yen_or_yuan" && (y == "cny" || y == "jpy");
  };
  if (yen_or_yuan(a.unit, b.unit) || yen_or_yuan(b.unit, a.unit)) return true;
  // Classifiers name what is counted only loosely.
  const auto loose = [](std::string_view unit) { return unit == "piece"; };
  return (loose(a.unit) || loose(b.unit)) && !a.currency() && !b.currency() && a.unit != "percent" && b.unit != "percent";
}

HeaderUnit header_unit(std::string_view header) {
  const std::u32string text = fold_text(header).text;
  HeaderUnit result;
  const auto has = [&](std::u32string_view word) { return text.find(word) != std::u32string::npos; };
  if (has(U"亿")) result.power_of_ten = 8;
  else if (has(U"百万") || has(U"million") || has(U"(m)")) result.power_of_ten = 6;
  else if (has(U"万") || has(U"10k") || has(U"10,000") || has(U"ten thousand")) result.power_of_ten = 4;
  else if (has(U"千元") || has(U"thousand") || has(U"000s") || has(U"'000") || has(U"(k)")) result.power_of_ten = 3;
  else if (has(U"billion")) result.power_of_ten = 9;
  for (std::size_t at = 0; at < text.size() && result.unit.empty(); ++at) {
    if (at > 0 && is_ascii_alnum(text[at - 1])) continue;
    for (const Alias& alias : kUnits)
      if (alias.text.size() > (is_ascii_alnum(alias.text[0]) ? 1 : 0) && starts_word(text, at, alias.text) &&
          (is_currency_unit(alias.unit) || alias.unit == "percent")) {
        result.unit = alias.unit;
        break;
      }
    for (const Alias& alias : kCurrencyPrefixes)
      if (result.unit.empty() && rest(text, at).starts_with(alias.text) && !is_ascii_alnum(alias.text[0]))
        result.unit = alias.unit;
  }
  return result;
}

}  // namespace grounds
