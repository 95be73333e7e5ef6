#include "evaluation/page_questions.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/utf8.h"
#include "evaluation/dataset.h"
#include "evaluation/line_reader.h"

namespace grounds {
namespace {

constexpr std::uint32_t kMaxPage = 10'000'000;

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    std::size_t end = line.find('\t');
    fields.push_back(trim(line.substr(0, end)));
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
  }
}

// Which field of a line holds what.
struct Columns {
  std::size_t query = 0, document = 0, page = 0, count = 0;
  std::uint32_t first_page = 1;
};

std::optional<Columns> find_columns(const std::vector<std::string_view>& names) {
  auto place = [&](std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
  };
  Columns columns{place("query-id"), place("doc_name"), place("page"), names.size(), 1};
  if (columns.page == names.size()) {
    columns.page = place("page_index0");
    columns.first_page = 0;
  }
  if (std::max({columns.query, columns.document, columns.page}) == names.size()) return std::nullopt;
  return columns;
}

using Evidence = std::map<std::string, std::vector<EvidencePage>>;

Result<Evidence> read_evidence(const FileSystem& file_system, const std::string& path, Findings& findings) {
  GROUNDS_ASSIGN_OR_RETURN(LineReader lines, LineReader::open(file_system, path, findings));
  std::optional<Columns> columns;
  Evidence evidence;
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(std::optional<std::string_view> line, lines.next());
    if (!line) break;
    std::vector<std::string_view> fields = split(*line);
    if (!columns) {
      columns = find_columns(fields);
      if (columns) continue;
      return fail(ErrorCode::kBadInput, lines.place() + " does not name query-id, doc_name, and page or page_index0",
                  "the first line names the fields, parted by tabs; page counts from 1, page_index0 from 0");
    }
    std::uint32_t page = 0;
    bool valid = fields.size() == columns->count && !fields[columns->query].empty() && !fields[columns->document].empty();
    if (valid) {
      std::string_view text = fields[columns->page];
      auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), page);
      valid = error == std::errc{} && end == text.data() + text.size() && page >= columns->first_page && page <= kMaxPage;
    }
    if (!valid)
      return fail(ErrorCode::kBadInput, lines.place() + " is no evidence: '" + std::string(line->substr(0, 80)) + "'",
                  "a line has as many fields as the first one, with a document and a page number");
    EvidencePage found{std::string(fields[columns->document]), page + 1 - columns->first_page};
    std::vector<EvidencePage>& pages = evidence[std::string(fields[columns->query])];
    if (std::ranges::find(pages, found) != pages.end()) findings.add(FindingKind::kDuplicateJudgement, lines.place());
    else pages.push_back(std::move(found));
  }
  if (evidence.empty()) return fail(ErrorCode::kBadInput, path + " holds no evidence");
  return evidence;
}

}  // namespace

Result<std::vector<PageQuestion>> read_page_questions(const FileSystem& file_system, const std::string& questions,
                                                      const std::string& evidence, Findings& findings) {
  GROUNDS_ASSIGN_OR_RETURN(std::vector<EvaluationQuery> queries, read_queries(file_system, questions, findings));
  GROUNDS_ASSIGN_OR_RETURN(Evidence pages, read_evidence(file_system, evidence, findings));
  std::vector<PageQuestion> read;
  for (EvaluationQuery& query : queries) {
    auto found = pages.extract(query.id);
    if (trim(query.text).empty()) findings.add(FindingKind::kEmptyQuery, query.id);
    else if (found.empty()) findings.add(FindingKind::kQueryWithoutJudgements, query.id);
    else read.push_back({std::move(query.id), std::move(query.text), std::move(found.mapped())});
  }
  for (const auto& [query, unknown] : pages) findings.add(FindingKind::kUnknownQuery, query);
  if (read.empty())
    return fail(ErrorCode::kBadInput, "no question of " + questions + " has both text and evidence",
                "do its ids and those of " + evidence + " belong together?");
  return read;
}

bool is_document(std::string_view uri, std::string_view name) {
  if (uri == name) return true;
  std::string_view file = uri.substr(uri.find_last_of('/') + 1);  // npos + 1 is 0
  return file == name || file.substr(0, file.find_last_of('.')) == name;
}

PageResult score_pages(const PageQuestion& question, std::span<const FoundPages> results) {
  PageResult scored{question.id, {}, {}};
  for (std::uint32_t rank = 1; rank <= results.size(); ++rank) {
    const FoundPages& found = results[rank - 1];
    for (const EvidencePage& each : question.pages) {
      if (!is_document(found.uri, each.document)) continue;
      if (!scored.document_rank) scored.document_rank = rank;
      const int page = static_cast<int>(each.page);
      if (!scored.page_rank && found.page_from > 0 && found.page_from <= page && page <= found.page_to)
        scored.page_rank = rank;
    }
  }
  return scored;
}

PageSummary summarise_pages(std::span<const PageResult> results) {
  PageSummary summary;
  summary.queries = results.size();
  std::vector<double> pages, documents;
  for (const PageResult& each : results) {
    pages.push_back(each.page_rank ? 1 : 0);
    documents.push_back(each.document_rank ? 1 : 0);
    summary.pages += each.page_rank ? 1 : 0;
    summary.documents += each.document_rank ? 1 : 0;
    summary.documents_first += each.document_rank == 1 ? 1 : 0;
    if (each.page_rank) summary.page_mrr += 1.0 / *each.page_rank;
  }
  if (!results.empty()) summary.page_mrr /= static_cast<double>(results.size());
  summary.pages_ci95 = bootstrap_interval(pages);
  summary.documents_ci95 = bootstrap_interval(documents);
  return summary;
}

}  // namespace grounds
