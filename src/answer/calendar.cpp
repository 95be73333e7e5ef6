#include "answer/calendar.h"

#include <unicode/timezone.h>
#include <unicode/unistr.h>

#include <cstdio>
#include <memory>

namespace grounds {

std::optional<CalendarDay> local_day(const ClockInputs& clock) {
  const std::unique_ptr<icu::TimeZone> zone(icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(clock.zone)));
  if (!zone || *zone == icu::TimeZone::getUnknown()) return std::nullopt;
  std::int32_t raw = 0, saving = 0;
  UErrorCode status = U_ZERO_ERROR;
  zone->getOffset(static_cast<UDate>(clock.now), false, raw, saving, status);
  if (U_FAILURE(status)) return std::nullopt;
  constexpr std::int64_t kDayMillis = 86'400'000;
  const std::int64_t local = clock.now + raw + saving;
  return civil_from_days(static_cast<long>(local >= 0 ? local / kDayMillis : -((-local + kDayMillis - 1) / kDayMillis)));
}

std::string format_day(const CalendarDay& day) {
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02d", day.year, day.month, day.day);
  return buffer;
}

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013.
long days_from_civil(const CalendarDay& day) {
  const long y = day.year - (day.month <= 2 ? 1 : 0);
  const long era = (y >= 0 ? y : y - 399) / 400;
  const long yoe = y - era * 400;
  const long doy = (153L * (day.month + (day.month > 2 ? -3 : 9)) + 2) / 5 + day.day - 1;
  const long doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + doe - 719468;
}

CalendarDay civil_from_days(long days) {
  days += 719468;
  const long era = (days >= 0 ? days : days - 146096) / 146097;
  const long doe = days - era * 146097;
  const long yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const long doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const long mp = (5 * doy + 2) / 153;
  const int month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  return {static_cast<int>(yoe + era * 400 + (month <= 2 ? 1 : 0)), month,
          static_cast<int>(doy - (153 * mp + 2) / 5 + 1)};
}

}  // namespace grounds
