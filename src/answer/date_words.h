// Dates as people write them, and relative ones resolved against the clock.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "answer/answer.h"
#include "answer/calendar.h"

namespace grounds {

// A date with the parts that were given; 0 where one was not.
struct DateParts {
  int year = 0, quarter = 0, month = 0, day = 0;
  bool empty() const { return year == 0 && quarter == 0 && month == 0 && day == 0; }
  friend bool operator==(const DateParts&, const DateParts&) = default;
};

// No part contradicts: parts given on both sides are equal, and a month lies in a given quarter.
bool compatible(const DateParts& a, const DateParts& b);
// Compatible, and every part of `wanted` is given in `have` (a month answers for its quarter).
bool covers(const DateParts& have, const DateParts& wanted);
std::string format_parts(const DateParts& parts);  // "2025", "2025-03", "2025 Q1", "2025-03-31", "Q1"

// `a`, with the parts it lacks taken from `b`.
DateParts merge_dates(DateParts a, const DateParts& b);
// "2024" and "Q3" in two cells of a row are one date: where one bare year stands among dates without a
// year, it goes to each of them.
std::vector<DateParts> join_dates(const std::vector<DateParts>& dates);

struct FoundDate {
  std::size_t begin = 0, end = 0;  // bytes of the text
  DateParts parts;
};

// All dates in the text, left to right, without overlap: 2025-03-31, 31 March 2025, Mar 2025, 2025年3月,
// 二〇二五年, Q1 2025, 第一季度, FY2025, and bare years 1900-2099 that are no amounts.
std::vector<FoundDate> find_dates(std::string_view text);

struct ResolvedDate {
  std::size_t begin = 0, end = 0;
  std::string phrase;              // as it stands in the text
  DateParts parts;
};

// "last year", "去年", "this month", "yesterday", "上季度", ... as of the clock.
std::vector<ResolvedDate> resolve_relative_dates(std::string_view text, const ClockInputs& clock);

}  // namespace grounds
