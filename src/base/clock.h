// Time and randomness as inputs: whoever needs them is handed a Clock or a RandomSource, so that a
// replay or a test can give the recorded ones back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "grounds/result.h"

namespace grounds {

// Milliseconds since 1970-01-01T00:00:00Z.
using UnixMillis = std::int64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixMillis now() const = 0;
  // IANA name of the zone in which "today" is meant, e.g. "Asia/Shanghai".
  virtual std::string zone() const = 0;
};

class SystemClock final : public Clock {
 public:
  UnixMillis now() const override;
  std::string zone() const override;
};

// Stands still, or steps by hand.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(UnixMillis now, std::string zone = "UTC")
      : now_(now), zone_(std::move(zone)) {}
  UnixMillis now() const override { return now_; }
  std::string zone() const override { return zone_; }
  void advance(UnixMillis by) { now_ += by; }

 private:
  UnixMillis now_;
  std::string zone_;
};

// Fills buffers with unpredictable (or, in tests, seeded) bytes. Thread-safe.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual void fill(std::span<std::byte> into) = 0;
};

class SystemRandom final : public RandomSource {
 public:
  void fill(std::span<std::byte> into) override;  // getrandom(2)
};

class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::byte> into) override;  // SplitMix64

 private:
  std::mutex mutex_;
  std::uint64_t state_;
};

// "2026-11-24T08:09:10.123Z".
std::string format_time(UnixMillis time);
// Accepts RFC 3339 with zone and a plain date (midnight UTC). kUsage.
Result<UnixMillis> parse_time(std::string_view text);

// A 26-character ULID (https://github.com/ulid/spec): sortable by time, then random.
// Within one UlidSource ids strictly increase, also inside one millisecond and when the clock goes
// back.
class UlidSource {
 public:
  UlidSource(const Clock& clock, RandomSource& random) : clock_(clock), random_(random) {}
  std::string next();  // thread-safe

 private:
  const Clock& clock_;
  RandomSource& random_;
  std::mutex mutex_;
  UnixMillis last_time_ = -1;
  std::array<std::uint8_t, 10> last_random_{};
};
bool is_ulid(std::string_view text);

}  // namespace grounds
