#include "evaluation/query_results.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "evaluation/line_reader.h"

namespace grounds {
namespace {

std::string header() {
  std::string line = "query_id";
  for (Measure measure : kMeasures) line += "\t" + std::string(measure_name(measure));
  return line;
}

std::string format_value(double value) {
  std::array<char, 40> buffer{};
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), end);
}

bool parse_line(std::string_view line, QueryResult& result) {
  std::size_t tab = line.find('\t');
  result.query = line.substr(0, tab);
  for (double& value : result.values) {
    if (tab == std::string_view::npos) return false;
    line.remove_prefix(tab + 1);
    tab = line.find('\t');
    std::string_view field = line.substr(0, tab);
    auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc{} || end != field.data() + field.size() || !(value >= 0 && value <= 1)) return false;
  }
  return tab == std::string_view::npos && !result.query.empty();
}

}  // namespace

std::string format_query_results(std::span<const QueryResult> results) {
  std::string text = header() + "\n";
  for (const QueryResult& result : results) {
    text += result.query;
    for (double value : result.values) text += "\t" + format_value(value);
    text += "\n";
  }
  return text;
}

Result<std::vector<QueryResult>> read_query_results(const FileSystem& file_system, const std::string& path) {
  Findings passed_over;
  GROUNDS_ASSIGN_OR_RETURN(LineReader lines, LineReader::open(file_system, path, passed_over));
  GROUNDS_ASSIGN_OR_RETURN(std::optional<std::string_view> first, lines.next());
  const char* hint = "such a file is written by: grounds eval --beir DIR --queries-out FILE";
  if (!first || *first != header())
    return fail(ErrorCode::kBadInput, path + " does not start with '" + header() + "'", hint);
  std::vector<QueryResult> results;
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(std::optional<std::string_view> line, lines.next());
    if (!line) break;
    QueryResult result;
    if (!parse_line(*line, result))
      return fail(ErrorCode::kBadInput, lines.place() + " is not a query id with " + std::to_string(kMeasures.size()) +
                                            " values from 0 to 1", hint);
    results.push_back(std::move(result));
  }
  if (results.empty()) return fail(ErrorCode::kBadInput, path + " holds no queries", hint);
  std::ranges::sort(results, {}, &QueryResult::query);
  auto twice = std::ranges::adjacent_find(results, {}, &QueryResult::query);
  if (twice != results.end()) return fail(ErrorCode::kBadInput, path + " holds query " + twice->query + " twice", hint);
  return results;
}

}  // namespace grounds
