// Days of the Gregorian calendar, and which of them the clock says it is.
#pragma once

#include <compare>
#include <optional>
#include <string>

#include "answer/answer.h"

namespace grounds {

struct CalendarDay {
  int year = 0, month = 0, day = 0;
  friend auto operator<=>(const CalendarDay&, const CalendarDay&) = default;
};

// The day at the clock's place; nothing if the zone is unknown.
std::optional<CalendarDay> local_day(const ClockInputs& clock);
std::string format_day(const CalendarDay& day);  // "2026-11-24"
// Days since 1970-01-01, and back (proleptic Gregorian).
long days_from_civil(const CalendarDay& day);
CalendarDay civil_from_days(long days);

}  // namespace grounds
