#include "base/clock.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <vector>

namespace grounds {
namespace {

// Sets TZ for the length of a test.
class ZoneVariable {
 public:
  explicit ZoneVariable(const char* value) {
    if (const char* old = ::getenv("TZ")) old_ = old;
    ::setenv("TZ", value, 1);
  }
  ~ZoneVariable() {
    if (old_)
      ::setenv("TZ", old_->c_str(), 1);
    else
      ::unsetenv("TZ");
  }
  ZoneVariable(const ZoneVariable&) = delete;
  ZoneVariable& operator=(const ZoneVariable&) = delete;

 private:
  std::optional<std::string> old_;
};

TEST_CASE("a time is written in UTC with milliseconds") {
  CHECK(format_time(0) == "1970-01-01T00:00:00.000Z");
  CHECK(format_time(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(format_time(951'827'696'789) == "2000-02-29T12:34:56.789Z");
}

TEST_CASE("a time is read in every form of RFC 3339") {
  const UnixMillis time = parse_time("2026-11-24T08:09:10Z").value();
  CHECK(format_time(time) == "2026-11-24T08:09:10.000Z");
  CHECK(parse_time("2026-11-24t08:09:10z").value() == time);
  CHECK(parse_time("2026-11-24T16:09:10+08:00").value() == time);
  CHECK(parse_time("2026-11-24T02:39:10-05:30").value() == time);
  CHECK(parse_time("2026-11-24T08:09:10.1239999Z").value() == time + 123);
  CHECK(parse_time("2026-11-24T08:09:10.1Z").value() == time + 100);
  CHECK(parse_time("2026-11-24").value() == parse_time("2026-11-24T00:00:00Z").value());
  CHECK(parse_time("2016-12-31T23:59:60Z").value() == parse_time("2017-01-01T00:00:00Z").value());
}

TEST_CASE("what is no time is refused with an example of one") {
  for (const std::string_view bad : {"",
                                     "yesterday",
                                     "2026",
                                     "2026-11",
                                     "2026-13-01",
                                     "2026-02-29",
                                     "2026-11-24T",
                                     "2026-11-24T08:09:10",
                                     "2026-11-24T08:09Z",
                                     "2026-11-24T24:00:00Z",
                                     "2026-11-24T08:60:00Z",
                                     "2026-11-24T08:09:61Z",
                                     "2026-11-24T08:09:10.Z",
                                     "2026-11-24T08:09:10+8",
                                     "2026-11-24T08:09:10+0800",
                                     "2026-11-24T08:09:10Zx",
                                     "2026-11-24T08:09:10+24:00",
                                     " 2026-11-24",
                                     "2026-11-24 ",
                                     "+026-11-24",
                                     "2026-1-24",
                                     "\xFF\xFE"}) {
    CAPTURE(bad);
    const auto time = parse_time(bad);
    REQUIRE_FALSE(time);
    CHECK(time.error().code == ErrorCode::kUsage);
    CHECK(time.error().hint.find("2026-11-24") != std::string::npos);
  }
}

TEST_CASE("a time that is written is read back") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    const auto time =
        static_cast<UnixMillis>(random() % 253'402'300'800'000ULL);  // to the year 9999
    CAPTURE(time);
    CHECK(parse_time(format_time(time)).value() == time);
  }
}

TEST_CASE("the zone is the one of TZ when that names one, else the machine's") {
  const SystemClock clock;
  {
    const ZoneVariable zone("Asia/Shanghai");
    CHECK(clock.zone() == "Asia/Shanghai");
  }
  {
    const ZoneVariable zone(":Europe/Berlin");
    CHECK(clock.zone() == "Europe/Berlin");
  }
  {
    const ZoneVariable zone("/usr/share/zoneinfo/America/New_York");
    CHECK(clock.zone() == "America/New_York");
  }
  // A POSIX rule and a path that climbs are no names.
  for (const char* bad : {"CST-8", "../../etc/passwd", "", "EST5EDT,M3.2.0,M11.1.0"}) {
    CAPTURE(bad);
    const ZoneVariable zone(bad);
    CHECK(clock.zone() != bad);
    CHECK_FALSE(clock.zone().empty());
  }
}

TEST_CASE("the system clock is of this century") {
  CHECK(SystemClock().now() > parse_time("2020-01-01").value());
  CHECK(SystemClock().now() < parse_time("2100-01-01").value());
}

// SplitMix64 with seed 1234567, from the reference implementation by Vigna.
TEST_CASE("seeded randomness is the published sequence, and the same again") {
  const std::vector<std::uint64_t> expected = {6457827717110365317ULL, 3203168211198807973ULL,
                                               9817491932198370423ULL, 4593380528125082431ULL,
                                               16408922859458223821ULL};
  SeededRandom random(1234567);
  for (const std::uint64_t value : expected) {
    std::uint64_t got = 0;
    random.fill(std::as_writable_bytes(std::span(&got, 1)));
    CHECK(got == value);
  }
}

TEST_CASE("system randomness fills the whole buffer") {
  std::array<std::byte, 1000> bytes{};
  SystemRandom().fill(bytes);
  CHECK(std::count(bytes.begin() + 900, bytes.end(), std::byte{0}) < 20);
}

// The time part of the example in the specification.
TEST_CASE("a ULID starts with its time and is well-formed") {
  const FixedClock clock(1'469'918'176'385);
  SeededRandom random(1);
  UlidSource source(clock, random);
  const std::string id = source.next();
  CHECK(id.substr(0, 10) == "01ARYZ6S41");
  CHECK(is_ulid(id));
  CHECK(source.next().substr(0, 10) == "01ARYZ6S41");
}

TEST_CASE("ULIDs strictly increase while the clock stands, jumps and goes back") {
  FixedClock clock(1'000'000);
  SeededRandom random(42);
  UlidSource source(clock, random);
  std::mt19937 steps(99);
  std::string last;
  for (int round = 0; round < 5000; ++round) {
    clock.advance(static_cast<UnixMillis>(steps() % 7) - 3);
    const std::string id = source.next();
    CAPTURE(round);
    CHECK(id > last);
    CHECK(is_ulid(id));
    last = id;
  }
}

TEST_CASE("ULIDs increase past the end of the random part, too") {
  // All bits set: the second id of the millisecond has no random part left to count up.
  class Ones final : public RandomSource {
    void fill(std::span<std::byte> into) override {
      std::fill(into.begin(), into.end(), std::byte{0xFF});
    }
  } ones;
  const FixedClock clock(5);
  UlidSource source(clock, ones);
  const std::string first = source.next();
  const std::string second = source.next();
  CHECK(first == "0000000005ZZZZZZZZZZZZZZZZ");
  CHECK(second == "0000000006ZZZZZZZZZZZZZZZZ");
}

TEST_CASE("threads share one source and get no id twice") {
  const SystemClock clock;
  SystemRandom random;
  UlidSource source(clock, random);
  std::vector<std::vector<std::string>> ids(4);
  std::vector<std::thread> threads;
  for (auto& mine : ids) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) mine.push_back(source.next());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& mine : ids) {
    CHECK(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
  }
  CHECK(all.size() == 4000);
}

TEST_CASE("only 26 characters of Crockford's alphabet within 128 bits are a ULID") {
  CHECK(is_ulid("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
  CHECK_FALSE(is_ulid("8ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
  CHECK_FALSE(is_ulid("7ZZZZZZZZZZZZZZZZZZZZZZZZ"));
  CHECK_FALSE(is_ulid("7ZZZZZZZZZZZZZZZZZZZZZZZZI"));
  CHECK_FALSE(is_ulid("01aryz6s41tsv4rrffq69g5fav"));
  CHECK_FALSE(is_ulid(""));
}

}  // namespace
}  // namespace grounds
