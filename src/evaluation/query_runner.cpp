#include "evaluation/query_runner.h"

#include <chrono>
#include <map>
#include <set>

namespace grounds {
namespace {

// Ranks for one snapshot; keeps which document each chunk is of.
class DocumentRanker {
 public:
  DocumentRanker(Catalog catalog, const Snapshot& snapshot)
      : catalog_(std::move(catalog)), snapshot_(snapshot) {}

  Result<Ranking> rank_documents(const Query& query) {
    for (std::uint32_t k = 2 * kEvaluationDepth;; k *= 2) {
      GROUNDS_ASSIGN_OR_RETURN(std::vector<RankedChunk> chunks, rank(snapshot_, query, k));
      std::vector<std::string> ids;
      std::vector<double> scores;
      std::set<std::string_view> seen;
      for (const RankedChunk& chunk : chunks) {
        GROUNDS_ASSIGN_OR_RETURN(const std::string* uri, document_of(chunk));
        if (ids.size() == kEvaluationDepth || !seen.insert(*uri).second) continue;
        ids.push_back(*uri);
        scores.push_back(static_cast<double>(chunk.score) / kScoreUnit);
      }
      if (ids.size() == kEvaluationDepth || chunks.size() < k) return strictly_falling(ids, scores);
    }
  }

 private:
  static constexpr double kScoreUnit = 1048576.0;  // scores are multiples of 2^-20

  Result<const std::string*> document_of(const RankedChunk& chunk) {
    auto known = uris_.find({chunk.space, chunk.id});
    if (known == uris_.end()) {
      GROUNDS_ASSIGN_OR_RETURN(ChunkRow row, catalog_.chunk(chunk.space, chunk.id, snapshot_.generation));
      known = uris_.emplace(std::pair(chunk.space, chunk.id), std::move(row.uri)).first;
    }
    return &known->second;
  }

  Catalog catalog_;
  const Snapshot& snapshot_;
  std::map<std::pair<std::int64_t, ChunkId>, std::string> uris_;
};

}  // namespace

Result<QueryRun> run_queries(Searcher& searcher, Catalog catalog, std::span<const EvaluationQuery> queries,
                             const QueryRunOptions& options, const QueryRunObserver& observer) {
  GROUNDS_ASSIGN_OR_RETURN(auto snapshot, searcher.snapshot(options.collection, options.principal, AsOf{}));
  QueryRun result;
  result.generation = snapshot->generation;
  result.settings = snapshot->collection.settings;
  for (const auto& [key, value] : options.settings) GROUNDS_RETURN_IF_ERROR(result.settings.set(key, value));
  DocumentRanker ranker(std::move(catalog), *snapshot);
  for (const EvaluationQuery& each : queries) {
    if (observer && !observer(result.run.size(), queries.size()))
      return fail(ErrorCode::kUnavailable, "interrupted; nothing was scored");
    const std::string place = "query " + each.id;
    if (Status status = check_question(each.text); !status) return fail(std::move(status).error().in(place));
    auto started = std::chrono::steady_clock::now();
    auto query = searcher.prepare(*snapshot, each.text, options.mode);
    if (!query) return fail(std::move(query).error().in(place));
    query->settings = result.settings;
    auto ranking = ranker.rank_documents(*query);
    if (!ranking) return fail(std::move(ranking).error().in(place));
    result.milliseconds.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count());
    result.run.emplace(each.id, std::move(*ranking));
  }
  return result;
}

}  // namespace grounds
