#include "evaluation/run_file.h"

#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <vector>

#include "evaluation/line_reader.h"

namespace grounds {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    std::size_t begin = line.find_first_not_of(kWhiteSpace);
    if (begin == std::string_view::npos) return fields;
    line.remove_prefix(begin);
    fields.push_back(line.substr(0, line.find_first_of(kWhiteSpace)));
    line.remove_prefix(fields.back().size());
  }
}

Status check_id(const std::string& id) {
  if (!id.empty() && id.find_first_of(kWhiteSpace) == std::string::npos) return {};
  return fail(ErrorCode::kBadInput, "a run file cannot carry the id '" + id + "': it holds white space",
              "leave out --run-out, or rename the ids");
}

std::string format_score(float score) {
  std::array<char, 48> buffer{};
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), score);  // shortest that reads back
  return std::string(buffer.data(), end);
}

}  // namespace

Result<std::string> format_run(const Run& run, std::string_view tag) {
  std::string text;
  for (const auto& [query, given] : run) {
    GROUNDS_RETURN_IF_ERROR(check_id(query));
    Ranking ranking = given;
    sort_as_trec_eval(ranking);
    std::size_t rank = 0;
    for (const ScoredDocument& document : ranking) {
      GROUNDS_RETURN_IF_ERROR(check_id(document.id));
      text += query + " Q0 " + document.id + " " + std::to_string(++rank) + " " + format_score(document.score) + " " +
              std::string(tag) + "\n";
    }
  }
  return text;
}

Result<Run> read_run(const FileSystem& file_system, const std::string& path, Findings& findings) {
  GROUNDS_ASSIGN_OR_RETURN(LineReader lines, LineReader::open(file_system, path, findings));
  Run run;
  std::map<std::string, std::set<std::string>> seen;
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(std::optional<std::string_view> line, lines.next());
    if (!line) return run;
    std::vector<std::string_view> fields = fields_of(*line);
    float score = 0;
    bool valid = fields.size() == 6;
    if (valid) {
      auto [end, error] = std::from_chars(fields[4].data(), fields[4].data() + fields[4].size(), score);
      valid = error == std::errc{} && end == fields[4].data() + fields[4].size() && std::isfinite(score);
    }
    if (!valid)
      return fail(ErrorCode::kBadInput, lines.place() + " is no line of a run: '" + std::string(line->substr(0, 80)) + "'",
                  "a line is: query Q0 document rank score tag");
    std::string query(fields[0]), document(fields[2]);
    if (!seen[query].insert(document).second)
      return fail(ErrorCode::kBadInput, lines.place() + " ranks document " + document + " a second time for query " + query);
    run[query].push_back({std::move(document), score});
  }
}

}  // namespace grounds
