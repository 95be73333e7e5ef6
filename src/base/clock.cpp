#include "base/clock.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/file_system.h"
#include "base/utf8.h"

namespace grounds {
namespace {

// "Asia/Shanghai", "UTC", "Etc/GMT+8"; but not the POSIX rules "CST-8" and "EST5EDT,M3.2.0".
bool is_zone_name(std::string_view name) {
  if (name == "UTC" || name == "GMT") return true;
  if (name.size() > 64 || name.find('/') == std::string_view::npos) return false;
  if (name.front() == '/' || name.find("..") != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  });
}

// ".../zoneinfo/Asia/Shanghai" -> "Asia/Shanghai".
std::string_view name_in_zoneinfo(std::string_view path) {
  constexpr std::string_view kFolder = "zoneinfo/";
  const std::size_t at = path.rfind(kFolder);
  return at == std::string_view::npos ? std::string_view() : path.substr(at + kFolder.size());
}

}  // namespace

UnixMillis SystemClock::now() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string SystemClock::zone() const {
  if (const char* variable = std::getenv("TZ")) {
    std::string_view name = variable;
    if (name.starts_with(':')) name.remove_prefix(1);
    if (name.starts_with('/')) name = name_in_zoneinfo(name);
    if (is_zone_name(name)) return std::string(name);
  }
  // /etc/timezone is Debian's; the link is what the C library reads, so it is asked first.
  std::error_code error;
  const std::string link = std::filesystem::read_symlink("/etc/localtime", error).string();
  if (!error && is_zone_name(name_in_zoneinfo(link))) return std::string(name_in_zoneinfo(link));
  const auto file = FileSystem().read("/etc/timezone", 4096);
  if (file && is_zone_name(trim(*file))) return std::string(trim(*file));
  return "UTC";
}

void SystemRandom::fill(std::span<std::byte> into) {
  while (!into.empty()) {
    const ssize_t got = ::getrandom(into.data(), into.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::perror("grounds: the system gives no random numbers");
      std::abort();  // ids and salts that are not random would be worse
    }
    into = into.subspan(static_cast<std::size_t>(got));
  }
}

// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
void SeededRandom::fill(std::span<std::byte> into) {
  const std::lock_guard guard(mutex_);
  std::size_t at = 0;
  while (at < into.size()) {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    for (int i = 0; i < 8 && at < into.size(); ++i, ++at)
      into[at] = static_cast<std::byte>(z >> (8 * i));
  }
}

std::string format_time(UnixMillis time) {
  using namespace std::chrono;
  const sys_time<milliseconds> instant{milliseconds(time)};
  const auto day = floor<days>(instant);
  const year_month_day date{day};
  const hh_mm_ss clock{instant - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

namespace {

// Takes pieces off the front of a text; after a miss every further take is a miss.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!good_ || rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return miss();
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  char one_of(std::string_view choices) {
    if (!good_ || rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) {
      miss();
      return '\0';
    }
    const char taken = rest_.front();
    rest_.remove_prefix(1);
    return taken;
  }
  bool next_is(char character) const {
    return good_ && !rest_.empty() && rest_.front() == character;
  }
  bool next_is_digit() const {
    return good_ && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
  }
  bool at_end() const { return rest_.empty(); }
  bool good() const { return good_; }

 private:
  int miss() {
    good_ = false;
    return 0;
  }
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

Result<UnixMillis> parse_time(std::string_view text) {
  using namespace std::chrono;
  const auto refuse = [&] {
    return fail(ErrorCode::kUsage,
                "not a time: \"" + replace_invalid_utf8(text.substr(0, 64)) + "\"",
                "write it as 2026-11-24T08:09:10Z, 2026-11-24T16:09:10+08:00 or 2026-11-24");
  };
  Reader reader(text);
  const int years = reader.digits(4);
  reader.one_of("-");
  const int months = reader.digits(2);
  reader.one_of("-");
  const int month_days = reader.digits(2);
  const year_month_day date{year(years), month(static_cast<unsigned>(months)),
                            day(static_cast<unsigned>(month_days))};
  if (!reader.good() || !date.ok()) return refuse();
  const auto midnight = sys_days(date).time_since_epoch();
  if (reader.at_end()) return duration_cast<milliseconds>(midnight).count();

  reader.one_of("Tt ");
  const int hour = reader.digits(2);
  reader.one_of(":");
  const int minute = reader.digits(2);
  reader.one_of(":");
  const int second = reader.digits(2);  // 60: a leap second, taken as the second after it
  int fraction = 0;
  if (reader.next_is('.')) {
    reader.one_of(".");
    int scale = 100;
    if (!reader.next_is_digit()) return refuse();
    for (; reader.next_is_digit(); scale /= 10) fraction += reader.digits(1) * scale;
  }
  int offset = 0;
  if (const char sign = reader.one_of("Zz+-"); sign == '+' || sign == '-') {
    const int offset_hour = reader.digits(2);
    reader.one_of(":");
    const int offset_minute = reader.digits(2);
    if (offset_hour > 23 || offset_minute > 59) return refuse();
    offset = (offset_hour * 60 + offset_minute) * (sign == '+' ? 1 : -1);
  }
  if (!reader.good() || !reader.at_end() || hour > 23 || minute > 59 || second > 60)
    return refuse();
  const auto instant =
      midnight + hours(hour) + minutes(minute - offset) + seconds(second) + milliseconds(fraction);
  return duration_cast<milliseconds>(instant).count();
}

namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr UnixMillis kLastUlidTime = (UnixMillis{1} << 48) - 1;

std::string ulid_text(UnixMillis time, const std::array<std::uint8_t, 10>& random) {
  std::string text(26, '0');
  for (int i = 9; i >= 0; --i, time >>= 5)
    text[static_cast<std::size_t>(i)] = kCrockford[time & 31];
  // 80 bits, 5 at a time from the front.
  for (std::size_t i = 0; i < 16; ++i) {
    const std::size_t bit = i * 5;
    unsigned window = random[bit / 8] << 8;
    if (bit / 8 + 1 < random.size()) window |= random[bit / 8 + 1];
    text[10 + i] = kCrockford[window >> (11 - bit % 8) & 31];
  }
  return text;
}

}  // namespace

std::string UlidSource::next() {
  const std::lock_guard guard(mutex_);
  const UnixMillis now = std::clamp<UnixMillis>(clock_.now(), 0, kLastUlidTime);
  bool fresh = now > last_time_;
  if (fresh) {
    last_time_ = now;
  } else {
    // The same millisecond, or the clock went back: count the random part up; past its end, the
    // time.
    std::size_t i = last_random_.size();
    while (i > 0 && ++last_random_[i - 1] == 0) --i;
    if (i == 0) {
      ++last_time_;
      fresh = true;
    }
  }
  if (fresh) random_.fill(std::as_writable_bytes(std::span(last_random_)));
  return ulid_text(last_time_, last_random_);
}

bool is_ulid(std::string_view text) {
  if (text.size() != 26 || text.front() > '7') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return kCrockford.find(c) != std::string_view::npos; });
}

}  // namespace grounds
