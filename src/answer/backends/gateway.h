// What stands between the questions and the models: turns, circuit breakers, budgets. One for a process.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "answer/backends/backend_store.h"
#include "answer/backends/circuit_breaker.h"
#include "answer/backends/openai.h"
#include "answer/backends/waiting_line.h"

namespace grounds {

// Thread-safe.
class Gateway {
 public:
  // References must outlive it.
  Gateway(const BackendEnvironment& environment, BackendStore& store) : environment_(environment), store_(store) {}

  // As ask_model, after a turn was had. What an attempt can cost at most is charged to the budget before it, and what
  // it did not use is given back after: threads and processes together never go over the budget, as long as servers
  // keep to max_tokens. Also: kRefused, if the budget does not allow an attempt (outcome "over_budget"); kUnavailable,
  // while the circuit breaker is open ("circuit_open"), when too many wait ("concurrency"), or if the budget cannot be
  // read and written ("budget_unavailable"). Of these an attempt is appended, too.
  Result<ModelAnswer> ask(const std::string& name, const BackendSettings& settings, const ModelQuestion& question,
                          std::vector<Attempt>& attempts);

  // What a backend is doing, for those who watch it.
  struct State {
    WaitingLine::Length length;
    bool circuit_open = false;
    std::map<std::string, std::uint64_t> outcomes;   // of attempts in this process
    std::string period;                              // of the budget; "" where nothing is counted
    Spent spent;                                     // in it, by all processes
  };
  Result<State> state(const std::string& name, const BackendSettings& settings);

  BackendStore& store() { return store_; }
  const BackendEnvironment& environment() const { return environment_; }

 private:
  struct Backend {
    explicit Backend(const BackendSettings& settings)
        : line(settings.max_concurrent, settings.max_queue),
          breaker(settings.breaker_failures, std::int64_t{settings.breaker_seconds} * 1000) {}
    WaitingLine line;
    CircuitBreaker breaker;
    std::mutex mutex;
    std::map<std::string, std::uint64_t> outcomes;   // guarded by mutex
  };
  class Guard;
  Backend& backend(const std::string& name, const BackendSettings& settings);

  const BackendEnvironment environment_;
  BackendStore& store_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Backend>> backends_;  // guarded by mutex_; never removed
};

}  // namespace grounds
