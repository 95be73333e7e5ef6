// A server that speaks the chat completions of OpenAI: llama.cpp, vLLM, Ollama, DeepSeek, Qwen, OpenAI.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "answer/backends/attempt.h"
#include "answer/backends/secret.h"
#include "answer/backends/settings.h"
#include "base/clock.h"
#include "grounds/result.h"

namespace grounds {

struct ModelQuestion {
  std::string prompt;
  Json parameters = Json::object();                  // request_parameters()
  std::function<bool(std::string_view)> on_delta;    // if set, the answer is streamed; false cancels
  std::function<bool()> cancelled;                   // may be empty
  std::int64_t spent_ms = 0;                         // of the backend's time: by calls before, and by waiting for a turn
  std::int64_t queued_ms = 0;                        // ... for a turn alone
};

struct ModelAnswer {
  std::string text;                                  // without reasoning, trimmed
  std::string finish_reason;                         // "stop", "length", "content_filter", ...; may be ""
  std::string model, fingerprint;                    // as reported
  Json usage;                                        // or null
  bool complete() const { return finish_reason == "stop"; }
};

// Bytes of the request without what differs between a streamed and a plain call: what a reuse compares.
// Canonical JSON: equal requests, equal bytes.
std::string request_bytes(const std::string& model, const std::string& prompt, const Json& parameters);

// Canonical JSON; of a value that has none, its nearest: bytes that are no UTF-8 replaced. Never fails.
std::string canonical_text(const Json& json);

// What a backend needs from the process. References must outlive it.
struct BackendEnvironment {
  const FileSystem& file_system;
  const Clock& clock;
  RandomSource& random;
  EnvironmentLookup variables;
};

// Has a say in each attempt of ask_model: what keeps budgets and breakers. One at a time.
class AttemptGuard {
 public:
  virtual ~AttemptGuard() = default;
  // An error ends the asking without a call; it has set the attempt's outcome.
  virtual Status before(Attempt& attempt) = 0;
  // After each attempt that `before` let pass, whatever became of it. `answer_bytes`: of text and reasoning.
  virtual void after(Attempt& attempt, std::size_t answer_bytes) = 0;
};

// Asks until there is an answer, the retries are used up or the time is over. Every attempt is appended
// to `attempts`, what the server sent included, whatever becomes of it. Errors are kUnavailable ("local:
// ...", in words that hold no secret and nothing of the server's) or kRefused (cancelled). What has been
// streamed cannot be taken back: after the first delta nothing is tried again.
Result<ModelAnswer> ask_model(const std::string& name, const BackendSettings& settings, const ModelQuestion& question,
                              const BackendEnvironment& environment, std::vector<Attempt>& attempts,
                              AttemptGuard* guard = nullptr);

// The pause before retry 1, 2, ...: 0.25 s doubling, at most 8 s, times a random share of 0.5 to 1.
std::int64_t retry_pause_ms(int retry, RandomSource& random);
// "Retry-After" in seconds; nothing for a date or what is no number.
std::optional<std::int64_t> retry_after_ms(const std::string& header);

}  // namespace grounds
