#include "evaluation/html_report.h"

#include <doctest/doctest.h>

#include "base/utf8.h"

namespace grounds {
namespace {

std::size_t occurrences(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++count;
  return count;
}

TEST_CASE("the page has the means, a bar for each level, the worst queries first, and escapes what it quotes") {
  Dataset dataset;
  dataset.queries = {{"q1", "good"}, {"q2", "<script>alert(\"x\")</script> & more"}};
  dataset.judgements = {{"q1", {{"d1", 1}}}, {"q2", {{"d2", 1}}}};
  dataset.findings.add(FindingKind::kEmptyQuery, "q<3");
  Run run{{"q1", {{"d1", 1}}}, {"q2", {{"a&b", 2}, {"d1", 1}}}};
  std::vector<QueryResult> results = evaluate_run(dataset.judgements, run);
  Summary summary = summarise(results);
  std::string html = format_html({"set <1>, hybrid", {{"documents", "2"}}, dataset, run, results, summary});
  CHECK(html.find("<title>set &lt;1&gt;, hybrid</title>") != std::string::npos);
  CHECK(html.find("<td>ndcg@10</td><td class=\"n\">0.5000</td>") != std::string::npos);
  CHECK(html.find("<script>") == std::string::npos);
  CHECK(html.find("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more") != std::string::npos);
  CHECK(html.find(">q2: ") < html.find(">q1: "));
  CHECK(html.find("<td>a&amp;b, d1</td>") != std::string::npos);
  CHECK(html.find("<span class=\"found\">d1</span>") != std::string::npos);
  CHECK(html.find("q&lt;3") != std::string::npos);
  CHECK(occurrences(html, "<rect ") == 11);
  CHECK(occurrences(html, "<circle ") == kMeasures.size());
  CHECK(html.find("http") == std::string::npos);
}

TEST_CASE("each query is in the bar of its level, and a long one is cut between characters") {
  Dataset dataset;
  std::vector<QueryResult> results;
  std::string text;
  for (int i = 0; i < 200; ++i) text += "水";
  for (double value : {0.0, 0.05, 0.95, 1.0, 1.0}) {
    std::string id = "q" + std::to_string(results.size());
    results.push_back({id, {value, 0, 0, 0}});
    dataset.queries.push_back({id, text});
    dataset.judgements[id];
  }
  std::string html = format_html({"t", {}, dataset, {}, results, summarise(results)});
  CHECK(occurrences(html, "text-anchor=\"middle\">3</text>") == 1);  // 0.95 and twice 1
  CHECK(occurrences(html, "text-anchor=\"middle\">1</text>") == 2);
  CHECK(is_valid_utf8(html));
  CHECK(occurrences(html, "水…") == 5);
  CHECK(html.find("<td>nothing</td>") != std::string::npos);
}

}  // namespace
}  // namespace grounds
