// What a call may cost, what it did cost, and what a budget still allows. Pure arithmetic in whole numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/canonical_json.h"
#include "base/clock.h"

namespace grounds {

// Of one model, per million tokens, in millionths of a currency unit: 0.27 a million tokens is 270'000.
struct Price {
  std::int64_t prompt = 0, completion = 0;
  std::string currency = "USD";
};

// What a backend may use up in a period; at least one of the limits is set.
struct Budget {
  enum class Period { kDay, kMonth, kTotal };  // days and months are those of UTC
  Period period = Period::kDay;
  std::optional<std::int64_t> tokens;
  std::optional<std::int64_t> money;           // in billionths of the price's currency
};

// Tokens, and money in billionths of the price's currency.
struct Spent {
  std::int64_t tokens = 0, money = 0;
  friend bool operator==(const Spent&, const Spent&) = default;
};

struct TokenCount {
  std::int64_t prompt = 0, completion = 0;
};

// Rounded up to a billionth; without a price no money.
Spent cost_of(const TokenCount& tokens, const std::optional<Price>& price);

// "2026-11-24", "2026-11" or "total".
std::string period_name(Budget::Period period, UnixMillis now);

// The limit that the parameters of a request put on the answer's tokens ("max_tokens" or
// "max_completion_tokens"), if they do.
std::optional<std::int64_t> answer_limit(const Json& parameters);

// The most that a call can use: a token is a byte at least, and a server adds a few of its own around the
// prompt. Without a limit in the parameters as many for the answer as bytes are accepted.
TokenCount most_tokens(std::size_t prompt_bytes, const Json& parameters, std::size_t max_response_bytes);

// What a call is charged. `usage` is what the server reports, or null. It counts if it can be true: not more than
// was reserved (or, for the answer, than bytes came), and not less than one token for kBytesOfLongestToken bytes.
// Otherwise the most that the call can have used.
struct Charge {
  TokenCount tokens;
  bool reported = false;   // as the server says; else the upper bound
};
inline constexpr std::size_t kBytesOfLongestToken = 64;
Charge charge_of(const Json& usage, std::size_t prompt_bytes, std::size_t answer_bytes, std::size_t response_bytes,
                 const TokenCount& reserved);

}  // namespace grounds
