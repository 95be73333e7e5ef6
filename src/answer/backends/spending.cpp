#include "answer/backends/spending.h"

#include <algorithm>

namespace grounds {
namespace {

// Marks of roles and a server's own short system prompt, which stand around the prompt that was sent.
constexpr std::int64_t kTokensAround = 256;

std::int64_t price_of(std::int64_t tokens, std::int64_t per_million) {
  // Tokens x millionths per million tokens = millionths of millionths; a billionth is a thousand of them.
  constexpr std::int64_t kMostTokens = 2'000'000'000;
  return (std::min(tokens, kMostTokens) * per_million + 999) / 1000;
}

std::optional<std::int64_t> member(const Json& usage, const char* key) {
  if (!usage.is_object()) return std::nullopt;
  auto found = usage.find(key);
  if (found == usage.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

}  // namespace

Spent cost_of(const TokenCount& tokens, const std::optional<Price>& price) {
  Spent spent{tokens.prompt + tokens.completion, 0};
  if (price) spent.money = price_of(tokens.prompt, price->prompt) + price_of(tokens.completion, price->completion);
  return spent;
}

std::string period_name(Budget::Period period, UnixMillis now) {
  switch (period) {
    case Budget::Period::kDay: return format_time(now).substr(0, 10);
    case Budget::Period::kMonth: return format_time(now).substr(0, 7);
    case Budget::Period::kTotal: break;
  }
  return "total";
}

std::optional<std::int64_t> answer_limit(const Json& parameters) {
  std::optional<std::int64_t> limit;
  for (const char* key : {"max_tokens", "max_completion_tokens"}) {
    auto found = parameters.find(key);
    if (found == parameters.end() || !found->is_number_integer()) continue;
    const auto tokens = found->get<std::int64_t>();
    // Which of two a server goes by is not known: the greater.
    if (tokens > 0) limit = std::max(limit.value_or(0), tokens);
  }
  return limit;
}

TokenCount most_tokens(std::size_t prompt_bytes, const Json& parameters, std::size_t max_response_bytes) {
  return {static_cast<std::int64_t>(prompt_bytes) + kTokensAround,
          answer_limit(parameters).value_or(static_cast<std::int64_t>(max_response_bytes))};
}

Charge charge_of(const Json& usage, std::size_t prompt_bytes, std::size_t answer_bytes, std::size_t response_bytes,
                 const TokenCount& reserved) {
  const auto least = [](std::size_t bytes) { return static_cast<std::int64_t>(bytes / kBytesOfLongestToken); };
  // A server that does not keep to the limit is believed as far as bytes came.
  const std::int64_t most_completion = std::max(reserved.completion, static_cast<std::int64_t>(response_bytes));
  const auto prompt = member(usage, "prompt_tokens"), completion = member(usage, "completion_tokens");
  const bool credible = prompt && completion && *prompt >= least(prompt_bytes) && *prompt <= reserved.prompt &&
                        *completion >= std::max<std::int64_t>(least(answer_bytes), answer_bytes > 0 ? 1 : 0) &&
                        *completion <= most_completion;
  if (credible) return {{*prompt, *completion}, true};
  return {{reserved.prompt, most_completion}, false};
}

}  // namespace grounds
