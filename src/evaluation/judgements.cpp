#include "evaluation/judgements.h"

#include <charconv>
#include <optional>
#include <vector>

#include "base/utf8.h"
#include "evaluation/line_reader.h"

namespace grounds {
namespace {

struct Judgement {
  std::string query, document;
  std::int32_t grade = 0;
};

std::vector<std::string_view> split(std::string_view line, std::string_view separators, bool merge) {
  std::vector<std::string_view> fields;
  while (true) {
    std::size_t end = line.find_first_of(separators);
    std::string_view field = line.substr(0, end);
    if (!merge || !field.empty()) fields.push_back(field);
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
  }
}

std::optional<std::int32_t> parse_grade(std::string_view text) {
  text = trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int32_t grade = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), grade);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return grade;
}

bool is_header(const std::vector<std::string_view>& fields) {
  return fields.size() == 3 && trim(fields[0]) == "query-id" && trim(fields[1]) == "corpus-id";
}

std::optional<Judgement> parse_line(std::string_view line) {
  // BEIR ids may hold spaces, so three fields are parted by tabs alone.
  std::vector<std::string_view> fields = split(line, "\t", false);
  std::size_t document = 1;
  if (fields.size() != 3) {
    fields = split(line, " \t", true);
    if (fields.size() != 4) return std::nullopt;
    document = 2;
  }
  Judgement judgement{std::string(trim(fields[0])), std::string(trim(fields[document])), 0};
  std::optional<std::int32_t> grade = parse_grade(fields.back());
  if (!grade || judgement.query.empty() || judgement.document.empty()) return std::nullopt;
  judgement.grade = *grade;
  return judgement;
}

}  // namespace

Result<Judgements> read_judgements(const FileSystem& file_system, const std::string& path, Findings& findings) {
  GROUNDS_ASSIGN_OR_RETURN(LineReader lines, LineReader::open(file_system, path, findings));
  Judgements judgements;
  bool first = true;
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(std::optional<std::string_view> line, lines.next());
    if (!line) break;
    bool header = first && is_header(split(*line, "\t", false));
    first = false;
    if (header) continue;
    std::optional<Judgement> judgement = parse_line(*line);
    if (!judgement)
      return fail(ErrorCode::kBadInput, lines.place() + " is no judgement: '" + std::string(line->substr(0, 80)) + "'",
                  "a line is query-id TAB corpus-id TAB score, or: query-id 0 document-id score, with a whole score");
    auto [place, fresh] =
        judgements[judgement->query].try_emplace(std::move(judgement->document), judgement->grade);
    if (fresh) continue;
    findings.add(place->second == judgement->grade ? FindingKind::kDuplicateJudgement
                                                   : FindingKind::kConflictingJudgement,
                 lines.place());
  }
  return judgements;
}

}  // namespace grounds
