#include "answer/asker/canary_watch.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>

#include "answer/asker/record.h"
#include "base/canonical_json.h"
#include "base/hash.h"
#include "base/log.h"

namespace grounds {
namespace {

constexpr std::int64_t kCanaryTokens = 64;
constexpr UnixMillis kRetryAfter = 60'000;

const std::vector<std::string>& prompts_of(const BackendSettings& settings) {
  return settings.canaries.empty() ? default_canaries() : settings.canaries;
}

Json parameters_of(const BackendSettings& settings) {
  Json parameters = request_parameters(settings, 0.0);
  if (!answer_limit(parameters)) parameters["max_tokens"] = kCanaryTokens;
  return parameters;
}

// Another prompt or parameter makes answers that cannot be compared.
std::string identity_of(const BackendSettings& settings) {
  Sha256 hash;
  hash.field("grounds canaries 1").field(canonical_text(parameters_of(settings)));
  for (const std::string& prompt : prompts_of(settings)) hash.field(prompt);
  return to_hex(hash.finish());
}

}  // namespace

const std::vector<std::string>& default_canaries() {
  static const std::vector<std::string> prompts{
      "Continue this sentence with about twenty words: The old lighthouse keeper climbed the stairs and",
      "List five rivers of Europe, one a line, and nothing else.",
      "用一句话解释为什么天空是蓝色的。"};
  return prompts;
}

// What was answered to each prompt, and under which names.
struct CanaryWatch::Answers {
  std::set<std::string> models;
  std::vector<std::set<std::string>> texts;

  std::string to_json() const {
    Json json = {{"models", models}, {"answers", Json::array()}};
    for (const auto& each : texts) json["answers"].push_back(each);
    return canonical_text(json);
  }
  // Nothing if it is not of this form, as after an edit by hand.
  static std::optional<Answers> from_json(const std::string& text, std::size_t prompts) {
    auto json = parse_json(text);
    if (!json) return std::nullopt;
    try {
      Answers answers;
      answers.models = json->at("models").get<std::set<std::string>>();
      answers.texts = json->at("answers").get<std::vector<std::set<std::string>>>();
      if (answers.texts.size() != prompts) return std::nullopt;
      return answers;
    } catch (const Json::exception&) {
      return std::nullopt;
    }
  }
};

bool CanaryWatch::is_due(const BackendSettings& settings, const std::optional<ModelWatch>& known, const std::string& key) {
  if (settings.canary_interval_seconds == 0) return false;
  const UnixMillis now = gateway_.environment().clock.now();
  {
    std::lock_guard lock(mutex_);
    if (auto failed = failed_.find(key); failed != failed_.end() && now >= failed->second && now - failed->second < kRetryAfter) return false;
  }
  if (!known || known->canaries != identity_of(settings)) return true;
  return now < known->checked || now - known->checked >= settings.canary_interval_seconds * 1000;
}

Result<CanaryReport> CanaryWatch::look(const std::string& name, const BackendSettings& settings, bool now, const CanaryLimits& limits) {
  const auto report_of = [](const std::optional<ModelWatch>& known) {
    CanaryReport report;
    if (known) report.epoch = known->epoch, report.since = known->since, report.checked = known->checked;
    return report;
  };
  const std::string key = settings.base_url + "\n" + settings.model;
  GROUNDS_ASSIGN_OR_RETURN(std::optional<ModelWatch> known, gateway_.store().watch(settings.base_url, settings.model));
  if (!now && !is_due(settings, known, key)) return report_of(known);
  std::mutex* asked_now = nullptr;
  {
    std::lock_guard lock(mutex_);
    asked_now = &asking_[key];
  }
  std::unique_lock asking(*asked_now, std::defer_lock);
  if (now) asking.lock();
  else if (!asking.try_lock()) return report_of(known);
  // Another thread or process may have asked meanwhile.
  GROUNDS_ASSIGN_OR_RETURN(known, gateway_.store().watch(settings.base_url, settings.model));
  if (!now && !is_due(settings, known, key)) return report_of(known);
  GROUNDS_ASSIGN_OR_RETURN(CanaryReport report, ask(name, settings, known, limits));
  std::lock_guard lock(mutex_);
  if (report.asked) failed_.erase(key);
  else if (!limits.cancelled || !limits.cancelled()) failed_[key] = gateway_.environment().clock.now();
  return report;
}

Result<CanaryReport> CanaryWatch::ask(const std::string& name, const BackendSettings& settings, const std::optional<ModelWatch>& known, const CanaryLimits& limits) {
  using Steady = std::chrono::steady_clock;
  const auto start = Steady::now();
  const std::int64_t timeout_ms = std::int64_t{settings.timeout_seconds} * 1000;
  const std::vector<std::string>& prompts = prompts_of(settings);
  const std::string identity = identity_of(settings);
  std::optional<Answers> baseline;
  if (known && known->canaries == identity) baseline = Answers::from_json(known->baseline, prompts.size());
  CanaryReport report;
  if (known) report.epoch = known->epoch, report.since = known->since, report.checked = known->checked;
  Answers answers;
  answers.texts.resize(prompts.size());
  std::vector<Attempt> attempts;
  std::string drift;
  const auto unasked = [&](std::string reason) -> Result<CanaryReport> {
    report.reason = std::move(reason);
    GROUNDS_RETURN_IF_ERROR(record(name, settings, report, std::move(attempts)));
    return report;
  };
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    bool same = false;
    for (int round = 0; round < (baseline ? kRounds : kBaselineRounds) && !same; ++round) {
      ModelQuestion question;
      question.prompt = prompts[i];
      question.parameters = parameters_of(settings);
      question.cancelled = limits.cancelled;
      if (limits.within_ms > 0) {
        const std::int64_t left = limits.within_ms - std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - start).count();
        if (left <= 0) return unasked("the canaries were not all answered within " + std::to_string(limits.within_ms) + " ms");
        question.spent_ms = timeout_ms - std::min(left, timeout_ms);
      }
      auto answer = gateway_.ask(name, settings, question, attempts);
      if (!answer) return unasked(answer.error().message);
      answers.models.insert(answer->model);
      answers.texts[i].insert(answer->text);
      same = baseline && baseline->texts[i].contains(answer->text);
    }
    if (baseline && !same && drift.empty()) drift = "canary " + std::to_string(i + 1) + " is answered otherwise";
  }
  if (baseline)
    for (const std::string& model : answers.models)
      if (!baseline->models.contains(model)) drift = "the server reports model '" + model + "'";
  const UnixMillis now = gateway_.environment().clock.now();
  report.asked = true, report.checked = now;
  ModelWatch watch{identity, baseline ? known->baseline : answers.to_json(), report.epoch, report.since, now};
  if (!drift.empty()) {
    report.drifted = true, report.reason = drift;
    watch.epoch = ++report.epoch;
    watch.since = report.since = now;
    watch.baseline = answers.to_json();
  }
  GROUNDS_RETURN_IF_ERROR(record(name, settings, report, std::move(attempts)));
  GROUNDS_RETURN_IF_ERROR(gateway_.store().set_watch(settings.base_url, settings.model, watch));
  if (report.drifted)
    log_warning("backend " + name + ": another model answers than before (" + drift + "); epoch " + std::to_string(report.epoch) +
                " begins, and no earlier answer is given again");
  return report;
}

Status CanaryWatch::record(const std::string& name, const BackendSettings& settings, const CanaryReport& report, std::vector<Attempt> attempts) {
  // The budget was charged for each of them.
  if (attempts.empty()) return {};
  EntryContent opened, closed;
  opened.body = {{"event", "canary"}, {"backend", name}, {"endpoint", settings.base_url}, {"model", settings.model},
                 {"epoch", report.epoch}, {"asked", report.asked}, {"drift", report.drifted}, {"reason", report.reason}};
  opened.texts = {{"question", "(canaries of " + name + (report.drifted ? ": drift)" : ")")}};
  closed.body = {{"event", "canary"}, {"status", "canary"}};
  closed.body["attempts"] = attempts_json(attempts, closed);
  auto recorded = ledger_.append_complete(ledger_.new_answer_id(), std::move(opened), std::move(closed));
  if (!recorded) return fail(std::move(recorded).error().in("the canaries of backend " + name + " cannot be recorded"));
  return {};
}

}  // namespace grounds
