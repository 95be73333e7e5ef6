// What the gateway to the language models does, for Prometheus: turns, circuit breakers, attempts, budgets, epochs.
#pragma once

#include "engine/engine.h"
#include "server/metrics.h"

namespace grounds {

void describe_backend_metrics(Metrics& metrics);
// Brings them up to date, for every configured backend. What cannot be read is left as it was, with a warning.
void set_backend_metrics(Engine& engine, Metrics& metrics);

}  // namespace grounds
