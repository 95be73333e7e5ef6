// Is the model behind a name still the one it was? Fixed prompts, asked now and then, whose answers are compared.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "answer/backends/gateway.h"
#include "grounds/result.h"
#include "ledger/ledger.h"

namespace grounds {

// The prompts of a backend that names none of its own.
const std::vector<std::string>& default_canaries();

struct CanaryReport {
  bool asked = false;              // the canaries were asked now, and answered
  bool drifted = false;            // and told of another model: a new epoch has begun
  std::int64_t epoch = 1;
  UnixMillis since = 0;            // when this epoch began; 0: the first
  UnixMillis checked = 0;          // 0: never
  std::string reason;              // of a drift; or why they could not be asked
};

// Of the question for whose sake canaries are asked: it waits meanwhile.
struct CanaryLimits {
  std::function<bool()> cancelled;     // may be empty
  std::int64_t within_ms = 0;          // in all; 0: the backend's timeout for each call
};

// Thread-safe.
class CanaryWatch {
 public:
  // Both must outlive it.
  CanaryWatch(Gateway& gateway, Ledger& ledger) : gateway_(gateway), ledger_(ledger) {}

  // The epoch of the model behind this backend. If canaries are due (or `now`), they are asked first, at temperature
  // 0: the first time kBaselineRounds times; later once, and one that answers otherwise again, until kRounds say the
  // same thing: none of its answers has been given in this epoch. That, or another reported model name, is a drift:
  // a new epoch. On record in the ledger is every look, with what was sent and received, before an epoch counts. A server that does not
  // answer changes nothing, and is asked again after a minute. While one thread asks, others that would ask the same model go by what was known.
  // What cannot be asked within `limits` is not: as with a server that does not answer, but of a question that was
  // cancelled the next one asks. Errors are those of backends.db and of the ledger.
  Result<CanaryReport> look(const std::string& name, const BackendSettings& settings, bool now = false, const CanaryLimits& limits = {});

  static constexpr int kBaselineRounds = 2, kRounds = 3;

 private:
  struct Answers;
  Result<CanaryReport> ask(const std::string& name, const BackendSettings& settings, const std::optional<ModelWatch>& known, const CanaryLimits& limits);
  Status record(const std::string& name, const BackendSettings& settings, const CanaryReport& report, std::vector<Attempt> attempts);
  bool is_due(const BackendSettings& settings, const std::optional<ModelWatch>& known, const std::string& key);

  Gateway& gateway_;
  Ledger& ledger_;
  std::mutex mutex_;
  // Guarded by mutex_: by endpoint and model; each held while canaries are asked, and never removed.
  std::map<std::string, std::mutex> asking_;
  std::map<std::string, UnixMillis> failed_;         // guarded by mutex_: by endpoint and model, when it did not answer
};

}  // namespace grounds
