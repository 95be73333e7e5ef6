#include "server/backend_metrics.h"

#include "base/log.h"

namespace grounds {
namespace {

void set_budget(Metrics& metrics, const std::string& name, const BackendSettings& settings, const Gateway::State& state) {
  if (state.period.empty()) return;
  const Labels labels{{"backend", name}};
  metrics.set("grounds_backend_spent_tokens", labels, static_cast<double>(state.spent.tokens));
  if (settings.budget && settings.budget->tokens)
    metrics.set("grounds_backend_budget_tokens", labels, static_cast<double>(*settings.budget->tokens));
  if (!settings.price) return;
  const Labels money{{"backend", name}, {"currency", settings.price->currency}};
  metrics.set("grounds_backend_spent_money", money, static_cast<double>(state.spent.money) / 1e9);
  if (settings.budget && settings.budget->money)
    metrics.set("grounds_backend_budget_money", money, static_cast<double>(*settings.budget->money) / 1e9);
}

}  // namespace

void describe_backend_metrics(Metrics& metrics) {
  metrics.describe("grounds_backend_running", "gauge", "Questions that a backend is being asked now.");
  metrics.describe("grounds_backend_waiting", "gauge", "Questions that wait for their turn.");
  metrics.describe("grounds_backend_circuit_open", "gauge", "1 while a backend that failed again and again is left alone.");
  metrics.describe("grounds_backend_attempts_total", "counter", "Attempts of this process, by outcome.");
  metrics.describe("grounds_backend_spent_tokens", "gauge", "Tokens used up in the present period of the budget, by all processes; reserved ones included.");
  metrics.describe("grounds_backend_budget_tokens", "gauge", "Tokens that the budget allows in a period.");
  metrics.describe("grounds_backend_spent_money", "gauge", "Money used up in the present period of the budget, by all processes; reserved included.");
  metrics.describe("grounds_backend_budget_money", "gauge", "Money that the budget allows in a period.");
  metrics.describe("grounds_backend_epoch", "gauge", "Raised by one each time the canaries tell of another model behind the name.");
}

void set_backend_metrics(Engine& engine, Metrics& metrics) {
  Gateway& gateway = engine.asker().gateway();
  for (const auto& [name, settings] : engine.configuration().backends) {
    const Labels labels{{"backend", name}};
    auto state = gateway.state(name, settings);
    auto watch = gateway.store().watch(settings.base_url, settings.model);
    if (!state || !watch) {
      log_warning("metrics of backend " + name + ": " + (state ? watch.error().message : state.error().message));
      continue;
    }
    metrics.set("grounds_backend_running", labels, state->length.running);
    metrics.set("grounds_backend_waiting", labels, state->length.waiting);
    metrics.set("grounds_backend_circuit_open", labels, state->circuit_open ? 1 : 0);
    for (const auto& [outcome, count] : state->outcomes)
      metrics.set("grounds_backend_attempts_total", {{"backend", name}, {"outcome", outcome}}, static_cast<double>(count));
    metrics.set("grounds_backend_epoch", labels, static_cast<double>(*watch ? (*watch)->epoch : 1));
    set_budget(metrics, name, settings, *state);
  }
}

}  // namespace grounds
