#include "ingest/parsers/number_format.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace grounds::parsing {
namespace {

constexpr double kLastDate = 2'958'466;  // the day after 9999-12-31, as Excel counts
constexpr double kLastNumber = 1e15;     // beyond it digits would be made up

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// A section without what stands in quotes, after backslashes or in brackets; `literal` gets the text.
struct Section {
  std::string code;
  std::string before, after;  // literal text in front of and behind the digits
  bool elapsed = false;       // [h], [m], [s]
};

Section strip(std::string_view section) {
  Section result;
  bool digits_seen = false;
  const auto add_literal = [&](std::string_view text) { (digits_seen ? result.after : result.before).append(text); };
  for (std::size_t i = 0; i < section.size(); ++i) {
    const char c = section[i];
    if (c == '"') {
      const std::size_t end = std::min(section.find('"', i + 1), section.size());
      add_literal(section.substr(i + 1, end - i - 1));
      i = end;
    } else if (c == '\\' && i + 1 < section.size()) {
      std::size_t end = i + 2;
      while (end < section.size() && (static_cast<unsigned char>(section[end]) & 0xC0) == 0x80) ++end;
      add_literal(section.substr(i + 1, end - i - 1));
      i = end - 1;
    } else if (c == '_' || c == '*') {  // room of a character's width, and filling with one
      ++i;
      while (i + 1 < section.size() && (static_cast<unsigned char>(section[i + 1]) & 0xC0) == 0x80) ++i;
    } else if (c == '[') {
      const std::size_t end = std::min(section.find(']', i), section.size());
      const std::string_view inner = section.substr(i + 1, end - i - 1);
      if (inner.starts_with('$')) add_literal(inner.substr(1, inner.find('-') - 1));
      if (!inner.empty() && (inner.find_first_not_of("hH") == std::string_view::npos ||
                             inner.find_first_not_of("mM") == std::string_view::npos ||
                             inner.find_first_not_of("sS") == std::string_view::npos)) {
        result.elapsed = true;
        result.code += static_cast<char>(lower(inner[0]));
      }
      i = end;
    } else {
      digits_seen = digits_seen || c == '0' || c == '#' || c == '?';
      const bool is_literal = static_cast<unsigned char>(c) >= 0x80 || c == '$' || c == ' ';
      if (is_literal) add_literal(section.substr(i, 1));
      result.code += lower(c);
    }
  }
  return result;
}

struct Day {
  int year, month, day;
};

// Days since 1970-01-01 to a date of the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible
// low-level date algorithms", civil_from_days).
Day civil(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t of_era = days - era * 146'097;
  const std::int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * of_year + 2) / 153;
  const int month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  return {static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0)), month,
          static_cast<int>(of_year - (153 * shifted + 2) / 5 + 1)};
}

std::string printed(const char* pattern, double value, int decimals) {
  std::array<char, 400> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), pattern, decimals, value);
  return std::string(buffer.data(), static_cast<std::size_t>(size > 0 ? size : 0));
}

std::string two_digits(std::int64_t value) { return (value < 10 ? "0" : "") + std::to_string(value); }

}  // namespace

std::string general_number(double value) {
  if (!std::isfinite(value)) return {};
  if (value == std::trunc(value) && std::fabs(value) < kLastNumber) return printed("%.*f", value == 0 ? 0.0 : value, 0);
  return printed("%.*g", value, 15);
}

NumberFormat::NumberFormat(std::string_view code) {
  std::array<std::string_view, 4> sections;
  std::size_t count = 0, begin = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= code.size() && count < sections.size(); ++i) {
    if (i < code.size() && code[i] == '"') quoted = !quoted;
    if (i < code.size() && code[i] == '\\') ++i;
    else if (i == code.size() || (code[i] == ';' && !quoted)) {
      sections[count++] = code.substr(begin, i - begin);
      begin = i + 1;
    }
  }
  read_section(sections[0]);
  if (count >= 3 && kind_ == Kind::kNumber) read_zero(sections[2]);
}

void NumberFormat::read_section(std::string_view section) {
  if (section == "General" || section == "general" || section.empty()) return;
  Section stripped = strip(section);
  const std::string& code = stripped.code;
  if (code.find("general") != std::string::npos) {
    kind_ = Kind::kGeneral;
    before_ = stripped.before;
    return;
  }
  if (code == "@") {
    kind_ = Kind::kText;
    return;
  }
  const bool has_digits = code.find_first_of("0#?") != std::string::npos;
  has_day_ = code.find_first_of("yde") != std::string::npos && code.find("e+") == std::string::npos &&
             code.find("e-") == std::string::npos;
  const bool has_hours = code.find('h') != std::string::npos;
  has_seconds_ = code.find('s') != std::string::npos;
  has_time_ = has_hours || has_seconds_;
  const bool has_months = code.find('m') != std::string::npos;
  if (stripped.elapsed) {
    kind_ = Kind::kElapsed;
  } else if (has_day_ || has_time_ || (has_months && !has_digits)) {
    if (!has_day_ && !has_time_) has_day_ = true;
    kind_ = Kind::kDate;
  } else if (has_digits) {
    kind_ = code.find("e+") != std::string::npos || code.find("e-") != std::string::npos ? Kind::kScientific : Kind::kNumber;
    const bool is_fraction = code.find('/') != std::string::npos;
    if (is_fraction) {
      kind_ = Kind::kGeneral;
      return;
    }
    const std::size_t point = code.find('.');
    for (std::size_t i = point == std::string::npos ? code.size() : point + 1; i < code.size(); ++i) {
      if (code[i] == '0' || code[i] == '#' || code[i] == '?') ++decimals_;
      else if (code[i] == 'e') break;
    }
    if (decimals_ > 30) decimals_ = 30;
    percent_ = code.find('%') != std::string::npos;
    const std::size_t last_digit = code.find_last_of("0#?");
    const std::size_t first_digit = code.find_first_of("0#?");
    for (std::size_t i = first_digit; i < code.size(); ++i) {
      if (code[i] == ',' && i < last_digit) grouped_ = true;
      if (code[i] == ',' && i > last_digit && thousands_ < 4) ++thousands_;
    }
    before_ = stripped.before;
    after_ = stripped.after;
  }
}

void NumberFormat::read_zero(std::string_view section) {
  const Section stripped = strip(section);
  if (stripped.code.find_first_of("0#g@") != std::string::npos) return;
  has_zero_ = true;
  zero_ = stripped.before + stripped.after;
  for (const char c : stripped.code) {
    if (c == '-') zero_ += c;
  }
}

NumberFormat NumberFormat::built_in(int id) {
  switch (id) {
    case 1: return NumberFormat("0");
    case 2: return NumberFormat("0.00");
    case 3: case 37: case 38: return NumberFormat("#,##0");
    case 4: case 39: case 40: return NumberFormat("#,##0.00");
    case 5: case 6: return NumberFormat("$#,##0");
    case 7: case 8: return NumberFormat("$#,##0.00");
    case 9: return NumberFormat("0%");
    case 10: return NumberFormat("0.00%");
    case 11: case 48: return NumberFormat("0.00E+00");
    case 14: case 15: case 16: case 17: return NumberFormat("yyyy-mm-dd");
    case 18: case 20: case 32: case 34: case 55: return NumberFormat("h:mm");
    case 19: case 21: case 33: case 35: case 56: return NumberFormat("h:mm:ss");
    case 22: return NumberFormat("yyyy-mm-dd h:mm");
    case 27: case 28: case 29: case 30: case 31: case 36: case 50: case 51: case 52: case 53: case 54: case 57: case 58:
      return NumberFormat("yyyy-mm-dd");
    case 41: case 42: return NumberFormat("#,##0");
    case 43: case 44: return NumberFormat("#,##0.00");
    case 45: return NumberFormat("mm:ss");
    case 46: return NumberFormat("[h]:mm:ss");
    case 47: return NumberFormat("mm:ss.0");
    case 49: return NumberFormat("@");
    default: return {};
  }
}

std::string NumberFormat::format(double value, bool from_1904) const {
  if (!std::isfinite(value)) return {};
  if (kind_ == Kind::kDate && value >= 0 && value < kLastDate) {
    const double whole = std::floor(value);
    auto seconds = static_cast<std::int64_t>(std::llround((value - whole) * 86'400));
    auto serial = static_cast<std::int64_t>(whole);
    if (seconds >= 86'400) {
      seconds -= 86'400;
      ++serial;
    }
    std::string text;
    if (has_day_) {
      // Excel has a 29 February 1900 as day 60; before it, days are one further.
      const std::int64_t epoch = from_1904 ? 24'107 : serial < 60 ? 25'568 : 25'569;
      const Day day = civil(serial - epoch);
      text = std::to_string(day.year) + "-" + two_digits(day.month) + "-" + two_digits(day.day);
    }
    if (has_time_ && (!has_day_ || seconds != 0)) {
      if (!text.empty()) text += ' ';
      text += two_digits(seconds / 3600) + ":" + two_digits(seconds / 60 % 60);
      if (has_seconds_) text += ":" + two_digits(seconds % 60);
    }
    return text;
  }
  if (kind_ == Kind::kElapsed && std::fabs(value) < kLastDate) {
    const auto seconds = static_cast<std::int64_t>(std::llround(std::fabs(value) * 86'400));
    std::string text = value < 0 ? "-" : "";
    text += std::to_string(seconds / 3600) + ":" + two_digits(seconds / 60 % 60);
    if (has_seconds_) text += ":" + two_digits(seconds % 60);
    return text;
  }
  if (kind_ == Kind::kScientific) return printed("%.*E", value, decimals_);
  if (kind_ != Kind::kNumber || std::fabs(value) >= kLastNumber) return before_ + general_number(value);
  if (value == 0 && has_zero_) return zero_;
  double scaled = std::fabs(percent_ ? value * 100 : value);
  for (int i = 0; i < thousands_; ++i) scaled /= 1000;
  // Excel rounds the decimal it shows, and that has 15 digits.
  std::array<char, 64> decimal;
  std::snprintf(decimal.data(), decimal.size(), "%.15g", scaled);
  scaled = std::strtod(decimal.data(), nullptr);
  // Halves go away from zero in Excel and to even here: a nudge below the 15th digit.
  std::string digits = printed("%.*f", scaled * (1 + 1e-15), decimals_);
  if (grouped_) {
    const std::size_t point = std::min(digits.find('.'), digits.size());
    for (std::size_t at = point; at > 3; at -= 3) digits.insert(at - 3, ",");
  }
  const bool is_zero = digits.find_first_of("123456789") == std::string::npos;
  return (value < 0 && !is_zero ? "-" : "") + before_ + digits + (percent_ ? "%" : "") + after_;
}

}  // namespace grounds::parsing
