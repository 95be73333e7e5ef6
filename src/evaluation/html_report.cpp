#include "evaluation/html_report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <unordered_map>

#include "base/utf8.h"

namespace grounds {
namespace {

constexpr std::size_t kWorstQueries = 25;
constexpr std::size_t kShownDocuments = 5;
constexpr std::size_t kShownTextBytes = 300;
constexpr int kBins = 10;

constexpr const char* kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>%TITLE%</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0; } th, td { text-align: left; overflow-wrap: anywhere; padding: .25rem .8rem .25rem 0; vertical-align: top; }
th { border-bottom: 1px solid #888; font-weight: 600; } td.n { text-align: right; font-variant-numeric: tabular-nums; }
svg { max-width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: #222; }
.bar { fill: #4a7ab5; } .line { stroke: #222; stroke-width: 2; } .axis { stroke: #999; } .dot { fill: #222; }
.found { color: #17692f; font-weight: 600; }
</style></head><body>
<h1>%TITLE%</h1>
)";

std::string decimals(double value, int count = 4) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", count, value);
  return text;
}

std::string replace_all(std::string text, std::string_view what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

std::string shortened(const std::string& text) {
  if (text.size() <= kShownTextBytes) return escape_html(text);
  return escape_html(text.substr(0, floor_boundary(text, kShownTextBytes))) + "…";
}

std::string text_at(double x, double y, const std::string& text, const char* anchor = "start") {
  return "<text x=\"" + decimals(x, 1) + "\" y=\"" + decimals(y, 1) + "\" text-anchor=\"" + anchor + "\">" + text + "</text>\n";
}

std::string line_from(double x1, double y1, double x2, double y2, const char* kind) {
  return "<line class=\"" + std::string(kind) + "\" x1=\"" + decimals(x1, 1) + "\" y1=\"" + decimals(y1, 1) + "\" x2=\"" +
         decimals(x2, 1) + "\" y2=\"" + decimals(y2, 1) + "\"/>\n";
}

// Each measure's mean as a dot on its 95 % interval, from 0 to 1.
std::string intervals_plot(const Summary& summary) {
  constexpr double kLeft = 100, kWidth = 560, kRow = 30;
  std::string svg = "<svg viewBox=\"0 0 720 160\" role=\"img\" aria-label=\"Means with 95 % intervals\">\n";
  for (int tick = 0; tick <= 10; tick += 2) {
    double x = kLeft + kWidth * tick / 10;
    svg += line_from(x, 10, x, 130, "axis") + text_at(x, 148, decimals(tick / 10.0, 1), "middle");
  }
  double y = 25;
  for (Measure measure : kMeasures) {
    const Interval& interval = summary.interval(measure);
    svg += text_at(kLeft - 10, y + 4, std::string(measure_name(measure)), "end");
    svg += line_from(kLeft + kWidth * interval.low, y, kLeft + kWidth * interval.high, y, "line");
    svg += "<circle class=\"dot\" r=\"4\" cx=\"" + decimals(kLeft + kWidth * summary.mean(measure), 1) + "\" cy=\"" +
           decimals(y, 1) + "\"/>\n";
    y += kRow;
  }
  return svg + "</svg>\n";
}

// How many queries have an nDCG@10 of 0, of up to 0.1, ..., of up to 1.
std::string distribution_plot(const std::vector<QueryResult>& results) {
  std::array<std::size_t, kBins + 1> counts{};
  for (const QueryResult& each : results) {
    double value = each.value(Measure::kNdcg10);
    int bin = value <= 0 ? 0 : std::min(kBins, 1 + static_cast<int>(value * kBins));
    ++counts[static_cast<std::size_t>(bin)];
  }
  const double most = static_cast<double>(std::max<std::size_t>(1, *std::ranges::max_element(counts)));
  std::string svg = "<svg viewBox=\"0 0 720 200\" role=\"img\" aria-label=\"Queries by nDCG@10\">\n";
  for (std::size_t bin = 0; bin < counts.size(); ++bin) {
    double x = 30 + 60.0 * static_cast<double>(bin), height = 140 * static_cast<double>(counts[bin]) / most;
    svg += "<rect class=\"bar\" x=\"" + decimals(x, 1) + "\" y=\"" + decimals(160 - height, 1) + "\" width=\"50\" height=\"" +
           decimals(height, 1) + "\"/>\n";
    svg += text_at(x + 25, 155 - height, std::to_string(counts[bin]), "middle");
    svg += text_at(x + 25, 178, bin == 0 ? "0" : "to " + decimals(static_cast<double>(bin) / kBins, 1), "middle");
  }
  return svg + line_from(20, 160, 700, 160, "axis") + "</svg>\n";
}

std::string found_documents(const JudgedDocuments& judged, const Run& run, const std::string& query) {
  auto ranking = run.find(query);
  if (ranking == run.end() || ranking->second.empty()) return "nothing";
  std::string text;
  for (std::size_t i = 0; i < std::min(kShownDocuments, ranking->second.size()); ++i) {
    const std::string& id = ranking->second[i].id;
    auto judgement = judged.find(id);
    bool relevant = judgement != judged.end() && judgement->second > 0;
    if (i > 0) text += ", ";
    text += relevant ? "<span class=\"found\">" + escape_html(id) + "</span>" : escape_html(id);
  }
  return text;
}

std::string worst_queries(const HtmlReport& report) {
  std::unordered_map<std::string_view, const EvaluationQuery*> queries;
  for (const EvaluationQuery& query : report.dataset.queries) queries.emplace(query.id, &query);
  std::vector<const QueryResult*> worst;
  for (const QueryResult& result : report.results) worst.push_back(&result);
  std::ranges::stable_sort(worst, {}, [](const QueryResult* result) { return result->value(Measure::kNdcg10); });
  if (worst.size() > kWorstQueries) worst.resize(kWorstQueries);
  std::string html = "<table><tr><th>nDCG@10</th><th>recall@100</th><th>Query</th><th>First documents</th></tr>\n";
  for (const QueryResult* result : worst) {
    auto query = queries.find(result->query);
    html += "<tr><td class=\"n\">" + decimals(result->value(Measure::kNdcg10)) + "</td><td class=\"n\">" +
            decimals(result->value(Measure::kRecall100)) + "</td><td>" + escape_html(result->query) + ": " +
            (query == queries.end() ? "" : shortened(query->second->text)) + "</td><td>" +
            found_documents(report.dataset.judgements.at(result->query), report.run, result->query) + "</td></tr>\n";
  }
  return html + "</table>\n";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::string format_html(const HtmlReport& report) {
  std::string html = replace_all(kHead, "%TITLE%", escape_html(report.title));
  html += "<table>\n";
  for (const auto& [name, value] : report.facts)
    html += "<tr><td>" + escape_html(name) + "</td><td>" + escape_html(value) + "</td></tr>\n";
  html += "</table>\n<h2>Measures</h2>\n<table><tr><th>Measure</th><th>Mean</th><th>95 % interval</th></tr>\n";
  for (Measure measure : kMeasures)
    html += "<tr><td>" + std::string(measure_name(measure)) + "</td><td class=\"n\">" + decimals(report.summary.mean(measure)) +
            "</td><td class=\"n\">" + decimals(report.summary.interval(measure).low) + " to " +
            decimals(report.summary.interval(measure).high) + "</td></tr>\n";
  html += "</table>\n" + intervals_plot(report.summary);
  html += "<h2>Queries by nDCG@10</h2>\n" + distribution_plot(report.results);
  html += "<h2>The queries that went worst</h2>\n<p>Relevant documents are <span class=\"found\">marked</span>.</p>\n" +
          worst_queries(report);
  if (!report.dataset.findings.all().empty()) {
    html += "<h2>Odd input</h2>\n<table><tr><th>Count</th><th>What</th><th>First</th></tr>\n";
    for (const Finding& finding : report.dataset.findings.all())
      html += "<tr><td class=\"n\">" + std::to_string(finding.count) + "</td><td>" +
              escape_html(finding_meaning(finding.kind)) + "</td><td>" + escape_html(finding.example) + "</td></tr>\n";
    html += "</table>\n";
  }
  return html + "</body></html>\n";
}

}  // namespace grounds
