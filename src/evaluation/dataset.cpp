#include "evaluation/dataset.h"

#include <unordered_set>

#include "base/utf8.h"
#include "evaluation/corpus_reader.h"
#include "evaluation/json_line.h"
#include "evaluation/line_reader.h"

namespace grounds {
namespace {

constexpr const char* kLayout = "a BEIR folder holds corpus.jsonl, queries.jsonl and qrels/test.tsv";

Status check_layout(const FileSystem& file_system, const DatasetPlace& place, const std::string& qrels) {
  if (!file_system.exists(place.directory)) return fail(ErrorCode::kNotFound, place.directory + " is not there", kLayout);
  for (const char* name : {"corpus.jsonl", "queries.jsonl"})
    if (!file_system.exists(place.directory + "/" + name))
      return fail(ErrorCode::kNotFound, place.directory + " has no " + name, kLayout);
  if (file_system.exists(qrels)) return {};
  if (!place.qrels.empty()) return fail(ErrorCode::kNotFound, "there are no judgements at " + qrels);
  std::string others;
  if (auto entries = file_system.list(place.directory + "/qrels"))
    for (const DirectoryEntry& entry : *entries)
      if (entry.status.is_regular) others += (others.empty() ? "" : ", ") + entry.name;
  return fail(ErrorCode::kNotFound, place.directory + " has no judgements: qrels/test.tsv is missing",
              others.empty() ? kLayout : "qrels/ holds " + others + ": name one with --qrels");
}

// Keeps what can be asked and scored, and says what cannot.
void match(std::vector<EvaluationQuery> queries, Judgements judgements,
           const std::unordered_set<std::string>& documents, Dataset& dataset) {
  Findings& findings = dataset.findings;
  std::unordered_set<std::string> unknown_documents;
  for (const auto& [query, judged] : judgements)
    for (const auto& [document, grade] : judged)
      if (!documents.contains(document) && unknown_documents.insert(document).second)
        findings.add(FindingKind::kUnknownDocument, document + ", judged for query " + query);
  for (EvaluationQuery& query : queries) {
    auto judged = judgements.extract(query.id);
    if (trim(query.text).empty()) {
      findings.add(FindingKind::kEmptyQuery, query.id);
      continue;
    }
    if (judged.empty()) {
      findings.add(FindingKind::kQueryWithoutJudgements, query.id);
      continue;
    }
    bool any_relevant = false;
    for (const auto& [document, grade] : judged.mapped()) any_relevant = any_relevant || grade > 0;
    if (!any_relevant) findings.add(FindingKind::kQueryWithoutRelevant, query.id);
    dataset.judgements.insert(std::move(judged));
    dataset.queries.push_back(std::move(query));
  }
  for (const auto& [query, judged] : judgements) findings.add(FindingKind::kUnknownQuery, query);
}

}  // namespace

Result<std::vector<EvaluationQuery>> read_queries(const FileSystem& file_system, const std::string& path,
                                                  Findings& findings) {
  GROUNDS_ASSIGN_OR_RETURN(LineReader lines, LineReader::open(file_system, path, findings));
  std::vector<EvaluationQuery> queries;
  std::unordered_set<std::string> ids;
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(std::optional<std::string_view> line, lines.next());
    if (!line) return queries;
    const std::string place = lines.place();
    GROUNDS_ASSIGN_OR_RETURN(Json json, parse_json_line(*line, place));
    EvaluationQuery query;
    GROUNDS_ASSIGN_OR_RETURN(query.id, id_field(json, place));
    GROUNDS_ASSIGN_OR_RETURN(query.text, text_field(json, "text", place));
    if (!ids.insert(query.id).second)
      findings.add(FindingKind::kDuplicateQuery, place + ": " + query.id);
    else
      queries.push_back(std::move(query));
  }
}

Result<Dataset> read_dataset(const FileSystem& file_system, const DatasetPlace& place) {
  const std::string qrels = place.qrels.empty() ? place.directory + "/qrels/test.tsv" : place.qrels;
  GROUNDS_RETURN_IF_ERROR(check_layout(file_system, place, qrels));
  Dataset dataset;
  dataset.corpus_path = place.directory + "/corpus.jsonl";
  GROUNDS_ASSIGN_OR_RETURN(Judgements judgements, read_judgements(file_system, qrels, dataset.findings));
  for (const auto& [query, judged] : judgements) dataset.judged_pairs += judged.size();
  GROUNDS_ASSIGN_OR_RETURN(std::vector<EvaluationQuery> queries,
                           read_queries(file_system, place.directory + "/queries.jsonl", dataset.findings));
  GROUNDS_ASSIGN_OR_RETURN(CorpusReader corpus,
                           CorpusReader::open(file_system, dataset.corpus_path, dataset.findings));
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(std::optional<EvaluationDocument> document, corpus.next());
    if (!document) break;
    if (!document->empty()) dataset.findable.insert(std::move(document->id));
  }
  dataset.documents = corpus.ids().size();
  dataset.empty_documents = dataset.findings.count(FindingKind::kEmptyDocument);
  if (dataset.findable.empty())
    return fail(ErrorCode::kBadInput, dataset.corpus_path + " holds no document with text");
  match(std::move(queries), std::move(judgements), corpus.ids(), dataset);
  if (dataset.queries.empty())
    return fail(ErrorCode::kBadInput, "no query of " + place.directory + " can be scored: none has both text and judgements",
                "do the ids of queries.jsonl and of " + qrels + " belong together?");
  return dataset;
}

}  // namespace grounds
