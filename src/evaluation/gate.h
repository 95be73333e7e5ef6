// A gate against getting worse: today's results held against those of a baseline.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evaluation/comparison.h"
#include "evaluation/summary.h"

namespace grounds {

// What `grounds eval --json` printed once.
struct Baseline {
  std::string dataset, mode;
  std::uint64_t queries = 0;
  std::array<double, kMeasures.size()> means{};
  std::vector<QueryResult> per_query;   // sorted; empty if it was printed without --per-query
};

// kBadInput says what is missing.
Result<Baseline> parse_baseline(std::string_view json);

struct GateMeasure {
  Measure measure{};
  double before = 0, now = 0;
  std::optional<double> p;              // of the paired test, where the baseline has results by query
  bool dropped = false;
};

struct Gate {
  bool passed = true;
  std::vector<GateMeasure> measures;
};

// A measure has dropped if it is lower and the paired test says p < kSignificance; without results by
// query, if the baseline's mean lies above today's 95 % interval. kUsage if the baseline is of another
// dataset or mode, or of other queries: these cannot be held against each other.
Result<Gate> check_gate(const Baseline& baseline, const std::string& dataset, const std::string& mode,
                        std::span<const QueryResult> results, const Summary& summary);

}  // namespace grounds
