#include "evaluation/views.h"

namespace grounds {
namespace {

Json interval_view(const Interval& interval) { return Json::array({interval.low, interval.high}); }

}  // namespace

Json summary_view(const Summary& summary) {
  Json view{{"queries", summary.queries}};
  Json intervals = Json::object();
  for (Measure measure : kMeasures) {
    const std::string name(measure_name(measure));
    view[name] = summary.mean(measure);
    intervals[name] = interval_view(summary.interval(measure));
  }
  view["ci95"] = std::move(intervals);
  return view;
}

Json findings_view(const Findings& findings) {
  Json view = Json::array();
  for (const Finding& finding : findings.all())
    view.push_back({{"kind", finding_name(finding.kind)},
                    {"count", finding.count},
                    {"example", finding.example},
                    {"meaning", finding_meaning(finding.kind)}});
  return view;
}

Json input_view(const Dataset& dataset) {
  return {{"documents", dataset.documents},
          {"empty_documents", dataset.empty_documents},
          {"judged_pairs", dataset.judged_pairs},
          {"findings", findings_view(dataset.findings)}};
}

Json per_query_view(std::span<const QueryResult> results) {
  Json view = Json::object();
  for (const QueryResult& result : results) {
    Json values = Json::object();
    for (Measure measure : kMeasures) values[std::string(measure_name(measure))] = result.value(measure);
    view[result.query] = std::move(values);
  }
  return view;
}

Json gate_view(const Gate& gate) {
  Json measures = Json::object();
  for (const GateMeasure& each : gate.measures)
    measures[std::string(measure_name(each.measure))] = {{"before", each.before},
                                                         {"now", each.now},
                                                         {"p", each.p ? Json(*each.p) : Json()},
                                                         {"dropped", each.dropped}};
  return {{"passed", gate.passed}, {"measures", std::move(measures)}};
}

Json comparison_view(const Comparison& comparison) {
  Json measures = Json::object();
  for (const MeasureComparison& each : comparison.measures)
    measures[std::string(measure_name(each.measure))] = {{"a", each.a},
                                                         {"b", each.b},
                                                         {"difference", each.test.difference},
                                                         {"ci95", interval_view(each.test.ci95)},
                                                         {"p", each.test.p}};
  return {{"queries", comparison.queries},
          {"only_in_a", comparison.only_in_a},
          {"only_in_b", comparison.only_in_b},
          {"measures", std::move(measures)}};
}

Json page_summary_view(const PageSummary& summary) {
  auto share = [&](std::uint64_t count) -> Json {
    return {{"count", count}, {"share", static_cast<double>(count) / static_cast<double>(summary.queries)}};
  };
  return {{"queries", summary.queries},
          {"page_hit", share(summary.pages)},
          {"document_hit", share(summary.documents)},
          {"document_first", share(summary.documents_first)},
          {"page_mrr", summary.page_mrr},
          {"ci95", {{"page_hit", interval_view(summary.pages_ci95)}, {"document_hit", interval_view(summary.documents_ci95)}}}};
}

Json page_results_view(std::span<const PageResult> results) {
  Json view = Json::array();
  for (const PageResult& each : results)
    view.push_back({{"query", each.query},
                    {"page_rank", each.page_rank ? Json(*each.page_rank) : Json()},
                    {"document_rank", each.document_rank ? Json(*each.document_rank) : Json()}});
  return view;
}

}  // namespace grounds
