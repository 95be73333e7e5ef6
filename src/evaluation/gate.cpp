#include "evaluation/gate.h"

#include <algorithm>

#include "base/canonical_json.h"

namespace grounds {
namespace {

constexpr const char* kHint = "a baseline is what this prints: grounds eval --beir DIR --json --per-query";

Result<double> share(const Json& object, std::string_view key, const std::string& place) {
  auto found = object.find(std::string(key));
  if (found == object.end() || !found->is_number() || found->get<double>() < 0 || found->get<double>() > 1)
    return fail(ErrorCode::kBadInput, place + " has no \"" + std::string(key) + "\" from 0 to 1", kHint);
  return found->get<double>();
}

Result<std::string> text(const Json& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_string())
    return fail(ErrorCode::kBadInput, std::string("the baseline has no \"") + key + "\"", kHint);
  return found->get<std::string>();
}

template <class Values>
Status read_measures(const Json& object, const std::string& place, Values& values) {
  for (Measure measure : kMeasures) {
    GROUNDS_ASSIGN_OR_RETURN(values[static_cast<std::size_t>(measure)], share(object, measure_name(measure), place));
  }
  return {};
}

}  // namespace

Result<Baseline> parse_baseline(std::string_view json) {
  GROUNDS_ASSIGN_OR_RETURN(Json object, parse_json(json));
  if (!object.is_object()) return fail(ErrorCode::kBadInput, "the baseline is not a JSON object", kHint);
  Baseline baseline;
  GROUNDS_ASSIGN_OR_RETURN(baseline.dataset, text(object, "dataset"));
  GROUNDS_ASSIGN_OR_RETURN(baseline.mode, text(object, "mode"));
  GROUNDS_RETURN_IF_ERROR(read_measures(object, "the baseline", baseline.means));
  auto queries = object.find("queries");
  if (queries == object.end() || !queries->is_number_unsigned())
    return fail(ErrorCode::kBadInput, "the baseline has no number of \"queries\"", kHint);
  baseline.queries = queries->get<std::uint64_t>();
  auto per_query = object.find("per_query");
  if (per_query == object.end()) return baseline;
  if (!per_query->is_object()) return fail(ErrorCode::kBadInput, "the baseline's \"per_query\" is no object", kHint);
  for (const auto& [query, values] : per_query->items()) {
    QueryResult result{query, {}};
    if (!values.is_object()) return fail(ErrorCode::kBadInput, "the baseline's query " + query + " is no object", kHint);
    GROUNDS_RETURN_IF_ERROR(read_measures(values, "the baseline's query " + query, result.values));
    baseline.per_query.push_back(std::move(result));
  }
  std::ranges::sort(baseline.per_query, {}, &QueryResult::query);
  return baseline;
}

Result<Gate> check_gate(const Baseline& baseline, const std::string& dataset, const std::string& mode,
                        std::span<const QueryResult> results, const Summary& summary) {
  auto of_another = [](const std::string& what, const std::string& theirs, const std::string& ours) {
    return fail(ErrorCode::kUsage, "the baseline is of " + what + " " + theirs + ", this run of " + ours, kHint);
  };
  if (baseline.dataset != dataset) return of_another("dataset", baseline.dataset, dataset);
  if (baseline.mode != mode) return of_another("mode", baseline.mode, mode);
  if (baseline.queries != results.size())
    return of_another("a number of queries of", std::to_string(baseline.queries), std::to_string(results.size()));
  Gate gate;
  if (baseline.per_query.empty()) {
    for (Measure measure : kMeasures) {
      const double before = baseline.means[static_cast<std::size_t>(measure)];
      gate.measures.push_back({measure, before, summary.mean(measure), std::nullopt,
                               before > summary.interval(measure).high});
    }
  } else {
    GROUNDS_ASSIGN_OR_RETURN(Comparison comparison, compare_results(baseline.per_query, results));
    if (!comparison.only_in_a.empty() || !comparison.only_in_b.empty())
      return fail(ErrorCode::kUsage, "the baseline is of other queries; " +
                                         (comparison.only_in_a.empty() ? comparison.only_in_b : comparison.only_in_a).front() +
                                         " is in one of the two only", kHint);
    for (const MeasureComparison& each : comparison.measures)
      gate.measures.push_back({each.measure, each.a, each.b, each.test.p,
                               each.test.difference < 0 && each.test.p < kSignificance});
  }
  gate.passed = std::ranges::none_of(gate.measures, &GateMeasure::dropped);
  return gate;
}

}  // namespace grounds
