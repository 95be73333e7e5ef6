#include "retrieval/searcher.h"

#include <charconv>

#include "index/generation/erase.h"

namespace grounds {

Result<AsOf> parse_as_of(std::string_view text) {
  if (text.empty()) return AsOf{};
  Generation generation = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), generation);
  if (error == std::errc{} && end == text.data() + text.size()) return AsOf{generation};
  auto time = parse_time(text);
  if (!time)
    return fail(ErrorCode::kUsage, "'" + std::string(text) + "' is neither a generation nor a time",
                "give a number, a date (2026-11-24) or a time (2026-11-24T08:00:00Z)");
  return AsOf{std::in_place_type<UnixMillis>, *time};
}

Result<std::shared_ptr<const Snapshot>> Searcher::snapshot(const std::string& collection, const Principal& principal,
                                                           const AsOf& as_of, const MetadataFilter& filter) {
  if (const auto* generation = std::get_if<Generation>(&as_of))
    return snapshots_.get(collection, principal, *generation, {}, filter);
  if (const auto* time = std::get_if<UnixMillis>(&as_of)) {
    Catalog catalog(workspace_);
    GROUNDS_ASSIGN_OR_RETURN(Collection found, catalog.find_collection(collection));
    GROUNDS_ASSIGN_OR_RETURN(Generation generation, catalog.generation_at(found, *time));
    return snapshots_.get(collection, principal, generation, {}, filter);
  }
  return snapshots_.get(collection, principal, {}, {}, filter);
}

Result<Query> Searcher::prepare(const Snapshot& snapshot, std::string_view text, SearchMode mode,
                                QuotedPhrases quoted) const {
  if (mode != SearchMode::kVector) GROUNDS_RETURN_IF_ERROR(snapshot.check_analyzer(analyzer_.identity()));
  return prepare_query(snapshot, text, mode, quoted, encoders_, analyzer_);
}

Result<std::vector<SearchHit>> Searcher::hits(const Snapshot& snapshot, const Query& query, std::uint32_t k) {
  GROUNDS_ASSIGN_OR_RETURN(std::vector<RankedChunk> ranked, rank(snapshot, query, k));
  Catalog catalog(workspace_);
  std::vector<SearchHit> hits;
  hits.reserve(ranked.size());
  for (const RankedChunk& each : ranked) {
    SearchHit hit;
    hit.ranked = each;
    GROUNDS_ASSIGN_OR_RETURN(hit.chunk, catalog.chunk(each.space, each.id, snapshot.generation));
    auto text = extracts_.read(hit.chunk.extract_sha256, hit.chunk.begin, hit.chunk.end);
    if (!text && text.error().code == ErrorCode::kNotFound) return erased_meanwhile();
    if (!text) return fail(std::move(text).error());
    hit.text = std::move(*text);
    hits.push_back(std::move(hit));
  }
  return hits;
}

Result<SearchResponse> Searcher::search(const SearchRequest& request) {
  GROUNDS_RETURN_IF_ERROR(check_question(request.query));
  if (request.k == 0 || request.k > 1000)
    return fail(ErrorCode::kUsage, "k must be from 1 to 1000, not " + std::to_string(request.k));
  SearchResponse response;
  for (int attempt = 1;; ++attempt) {
    GROUNDS_ASSIGN_OR_RETURN(response.snapshot, snapshot(request.collection, request.principal, request.as_of, request.filter));
    GROUNDS_ASSIGN_OR_RETURN(response.query, prepare(*response.snapshot, request.query, request.mode, QuotedPhrases::kMustOccur));
    auto found = hits(*response.snapshot, response.query, request.k);
    if (!found && found.error().code == ErrorCode::kUnavailable && attempt == 1) continue;  // erased meanwhile
    if (!found) return fail(std::move(found).error());
    response.hits = std::move(*found);
    return response;
  }
}

}  // namespace grounds
