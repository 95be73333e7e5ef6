#include "answer/backends/gateway.h"

#include <algorithm>
#include <chrono>

#include "base/log.h"

namespace grounds {
namespace {

// What was waited in line left it so little time that its end says nothing of the server.
bool is_cut_short(const Attempt& attempt, const BackendSettings& settings) {
  const std::int64_t seconds = attempt.sent ? settings.timeout_seconds : std::min(settings.timeout_seconds, settings.connect_timeout_seconds);
  return attempt.outcome == "timeout" && attempt.allowed_ms < seconds * 1000 / 2;
}

CircuitBreaker::End end_of(const Attempt& attempt, const BackendSettings& settings) {
  if (attempt.outcome == "answered") return CircuitBreaker::End::kAnswered;
  if (is_cut_short(attempt, settings)) return CircuitBreaker::End::kNeither;
  for (const char* failure : {"connection", "timeout", "malformed", "too_large"})
    if (attempt.outcome == failure) return CircuitBreaker::End::kFailed;
  return attempt.status >= 500 ? CircuitBreaker::End::kFailed : CircuitBreaker::End::kNeither;
}

// Nothing was generated: no connection, or an error in place of an answer, for which nobody bills.
bool is_free(const Attempt& attempt) { return !attempt.sent || (attempt.status != 0 && attempt.status != 200); }

Json spent_json(const Spent& spent, const std::optional<Price>& price) {
  Json json = {{"tokens", spent.tokens}};
  if (price) json["money"] = static_cast<double>(spent.money) / 1e9, json["currency"] = price->currency;
  return json;
}

}  // namespace

// Breaker and budget of one question's attempts.
class Gateway::Guard final : public AttemptGuard {
 public:
  Guard(Gateway& gateway, Backend& backend, const std::string& name, const BackendSettings& settings, const ModelQuestion& question)
      : gateway_(gateway), backend_(backend), name_(name), settings_(settings), question_(question) {}
  // Something was thrown in the middle of an attempt: what was reserved for it stays spent.
  ~Guard() override {
    end(CircuitBreaker::End::kNeither);
  }

  Status before(Attempt& attempt) override {
    pass_ = backend_.breaker.allow(now());
    if (pass_ == CircuitBreaker::Pass::kNo) {
      attempt.outcome = "circuit_open";
      return fail(ErrorCode::kUnavailable, "backend " + name_ + ": it failed again and again, and is left alone for " +
                                               std::to_string(settings_.breaker_seconds) + " s",
                  "see what is wrong with it: grounds answers show ID of an earlier one");
    }
    Status reserved = reserve(attempt);
    if (!reserved) end(CircuitBreaker::End::kNeither);
    return reserved;
  }

  void after(Attempt& attempt, std::size_t answer_bytes) override {
    end(end_of(attempt, settings_));
    if (!counts()) return;
    Spent cost;
    bool reported = true;
    if (!is_free(attempt)) {
      const Charge charge = charge_of(attempt.usage, question_.prompt.size(), answer_bytes, attempt.response_bytes, most_);
      cost = cost_of(charge.tokens, settings_.price);
      reported = charge.reported;
    }
    attempt.charged = spent_json(cost, settings_.price);
    attempt.charged["reported"] = reported;
    const Spent rest{reserved_.tokens - cost.tokens, reserved_.money - cost.money};
    if (const Status settled = gateway_.store_.give_back(name_, period_, rest); !settled)
      log_warning("the budget of backend " + name_ + " could not be settled, and what was reserved stays spent: " + settled.error().message);
  }

 private:
  void end(CircuitBreaker::End end) {
    if (pass_ != CircuitBreaker::Pass::kNo) backend_.breaker.ended(pass_, end, now());
    pass_ = CircuitBreaker::Pass::kNo;
  }
  UnixMillis now() const { return gateway_.environment_.clock.now(); }
  bool counts() const { return settings_.budget || settings_.price; }

  Status reserve(Attempt& attempt) {
    if (!counts()) return {};
    most_ = most_tokens(question_.prompt.size(), question_.parameters, static_cast<std::size_t>(settings_.max_response_bytes));
    reserved_ = cost_of(most_, settings_.price);
    period_ = period_name(settings_.budget ? settings_.budget->period : Budget::Period::kTotal, now());
    auto within = gateway_.store_.reserve(name_, period_, reserved_, settings_.budget ? &*settings_.budget : nullptr);
    if (!within) {
      attempt.outcome = "budget_unavailable";
      return fail(ErrorCode::kUnavailable, "backend " + name_ + ": its budget cannot be read or written, so it is not asked: " + within.error().message,
                  within.error().hint);
    }
    if (!*within) {
      attempt.outcome = "over_budget";
      return fail(ErrorCode::kRefused, "backend " + name_ + ": its budget does not allow another call (" + period_ + ")",
                  "raise backends." + name_ + ".budget, lower max_tokens, or wait for the next period");
    }
    attempt.reserved = spent_json(reserved_, settings_.price);
    return {};
  }

  Gateway& gateway_;
  Backend& backend_;
  const std::string& name_;
  const BackendSettings& settings_;
  const ModelQuestion& question_;
  CircuitBreaker::Pass pass_ = CircuitBreaker::Pass::kNo;  // of the attempt that runs
  TokenCount most_;
  Spent reserved_;
  std::string period_;
};

Gateway::Backend& Gateway::backend(const std::string& name, const BackendSettings& settings) {
  std::lock_guard lock(mutex_);
  std::unique_ptr<Backend>& found = backends_[name];
  if (!found) found = std::make_unique<Backend>(settings);
  return *found;
}

Result<ModelAnswer> Gateway::ask(const std::string& name, const BackendSettings& settings, const ModelQuestion& question,
                                 std::vector<Attempt>& attempts) {
  using Steady = std::chrono::steady_clock;
  Backend& backend = this->backend(name, settings);
  const std::size_t first = attempts.size();
  const auto count = [&] {
    std::lock_guard lock(backend.mutex);
    for (std::size_t i = first; i < attempts.size(); ++i) ++backend.outcomes[attempts[i].outcome];
  };
  const auto start = Steady::now();
  const WaitingLine::Entry entry = backend.line.enter(std::int64_t{settings.timeout_seconds} * 1000 - question.spent_ms, question.cancelled);
  ModelQuestion timed = question;
  timed.queued_ms = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - start).count();
  timed.spent_ms += timed.queued_ms;
  if (entry == WaitingLine::Entry::kIn) {
    struct Turn {
      WaitingLine& line;
      ~Turn() { line.leave(); }
    } turn{backend.line};
    Guard guard(*this, backend, name, settings, timed);
    Result<ModelAnswer> answer = ask_model(name, settings, timed, environment_, attempts, &guard);
    count();
    return answer;
  }
  Attempt& attempt = attempts.emplace_back();
  attempt.number = static_cast<int>(attempts.size());
  attempt.backend = name, attempt.endpoint = settings.base_url, attempt.model = settings.model;
  attempt.started = environment_.clock.now();
  attempt.queued_ms = timed.queued_ms;
  attempt.outcome = entry == WaitingLine::Entry::kFull ? "concurrency" : entry == WaitingLine::Entry::kTimeout ? "timeout" : "cancelled";
  count();
  if (entry == WaitingLine::Entry::kCancelled) return fail(ErrorCode::kRefused, "cancelled: whoever asked has gone");
  const std::string what = entry == WaitingLine::Entry::kFull ? std::to_string(settings.max_queue) + " questions wait for it already"
                                                              : "no turn within its " + std::to_string(settings.timeout_seconds) + " s";
  return fail(ErrorCode::kUnavailable, "backend " + name + ": " + what, "ask later, or raise backends." + name + ".max_concurrent");
}

Result<Gateway::State> Gateway::state(const std::string& name, const BackendSettings& settings) {
  Backend& backend = this->backend(name, settings);
  State state;
  state.length = backend.line.length();
  state.circuit_open = backend.breaker.is_open(environment_.clock.now());
  {
    std::lock_guard lock(backend.mutex);
    state.outcomes = backend.outcomes;
  }
  if (settings.budget || settings.price) {
    state.period = period_name(settings.budget ? settings.budget->period : Budget::Period::kTotal, environment_.clock.now());
    GROUNDS_ASSIGN_OR_RETURN(state.spent, store_.spent(name, state.period));
  }
  return state;
}

}  // namespace grounds
