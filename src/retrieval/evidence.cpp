#include "retrieval/evidence.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/canonical_json.h"
#include "base/clock.h"
#include "base/hash.h"
#include "embedding/model.h"
#include "index/lexical/lexical_search.h"
#include "retrieval/searcher.h"

namespace grounds {
namespace {

constexpr double kOne = 1048576.0;
// A token of these tokenizers is about so many bytes of text; used only to bound a prompt's size.
constexpr std::uint64_t kBytesPerToken = 3;

// The square of the code scale by space: dot / scale^2 is the cosine.
Result<std::map<std::int64_t, double>> squared_scales(const Snapshot& snapshot) {
  std::map<std::int64_t, double> scales;
  for (const Snapshot::SpaceViews& views : snapshot.spaces) {
    if (views.space.dimension == 0) continue;
    GROUNDS_ASSIGN_OR_RETURN(ModelIdentity identity, ModelIdentity::from_json(views.space.identity));
    scales[views.space.id] = identity.code_scale * identity.code_scale;
  }
  return scales;
}

// How much of the question a text covers: the idf of its distinct terms that occur, of the idf of all.
class Coverage {
 public:
  Coverage(const LexicalStatistics& statistics, std::vector<std::string> terms) : terms_(std::move(terms)) {
    for (const std::string& term : terms_) {
      auto found = statistics.document_frequency.find(term);
      const std::uint64_t frequency = found == statistics.document_frequency.end() ? 0 : found->second;
      weights_.push_back(inverse_document_frequency(statistics.chunks, frequency));
      total_ += weights_.back();
    }
  }

  std::int64_t of(std::span<const std::string> texts, const Analyzer& analyzer) const {
    if (total_ <= 0) return 0;
    std::set<std::string> present;
    for (const std::string& text : texts)
      for (Token& token : analyzer.analyze(text)) present.insert(std::move(token.term));
    double sum = 0;
    for (std::size_t i = 0; i < terms_.size(); ++i)
      if (present.contains(terms_[i])) sum += weights_[i];
    return static_cast<std::int64_t>(std::nearbyint(sum / total_ * kOne));
  }

 private:
  std::vector<std::string> terms_;
  std::vector<double> weights_;
  double total_ = 0;
};

std::string date_of(const ChunkRow& chunk) {
  if (!chunk.date.empty()) return chunk.date;
  return chunk.source_modified > 0 ? format_time(chunk.source_modified / 1'000'000).substr(0, 10) : std::string();
}

EvidenceItem make_item(const SearchHit& hit, double squared_scale) {
  EvidenceItem item;
  item.chunk_id = hit.ranked.id.hex();
  item.uri = hit.chunk.uri;
  item.title = hit.chunk.title;
  item.heading = hit.chunk.heading;
  item.version = hit.chunk.source_sha256;
  item.date = date_of(hit.chunk);
  item.page_from = hit.chunk.page_from;
  item.page_to = hit.chunk.page_to;
  item.begin = hit.chunk.begin;
  item.end = hit.chunk.end;
  item.text = hit.text;
  item.table_header = hit.chunk.table_header;
  item.score = hit.ranked.score;
  if (squared_scale > 0)
    item.vector_score = static_cast<std::int64_t>(
        std::nearbyint(static_cast<double>(hit.ranked.vector_score) / squared_scale * kOne));
  item.lexical_score = hit.ranked.lexical_score;
  return item;
}

}  // namespace

Result<std::vector<EvidenceItem>> make_evidence(const Snapshot& snapshot, const Query& query,
                                                std::span<const SearchHit> hits, const Analyzer& analyzer) {
  GROUNDS_ASSIGN_OR_RETURN(auto scales, squared_scales(snapshot));
  std::vector<std::string> terms = query.lexical.terms;
  std::ranges::sort(terms);
  terms.erase(std::ranges::unique(terms).begin(), terms.end());
  GROUNDS_ASSIGN_OR_RETURN(LexicalStatistics statistics, lexical_statistics(snapshot.counted_views(query.settings), terms));
  Coverage coverage(statistics, std::move(terms));

  const auto most = static_cast<std::size_t>(query.settings.integer("evidence.max_chunks"));
  const auto budget = static_cast<std::uint64_t>(query.settings.integer("evidence.max_tokens")) * kBytesPerToken;
  std::uint64_t used = 0;
  std::set<std::string> seen;
  std::vector<EvidenceItem> evidence;
  for (const SearchHit& hit : hits) {
    if (evidence.size() == most) break;
    if (!seen.insert(sha256_hex(hit.text)).second) continue;
    if (used + hit.text.size() > budget && !evidence.empty()) continue;
    used += hit.text.size();
    EvidenceItem item = make_item(hit, scales[hit.ranked.space]);
    std::string texts[] = {item.title, item.heading, item.table_header, item.text, item.uri};
    item.term_coverage = coverage.of(texts, analyzer);
    item.number = static_cast<std::uint32_t>(evidence.size() + 1);
    evidence.push_back(std::move(item));
  }
  return evidence;
}

std::string evidence_to_json(std::span<const EvidenceItem> evidence) {
  Json list = Json::array();
  for (const EvidenceItem& item : evidence)
    list.push_back({{"number", item.number},
                    {"chunk_id", item.chunk_id},
                    {"uri", item.uri},
                    {"title", item.title},
                    {"heading", item.heading},
                    {"version", item.version},
                    {"date", item.date},
                    {"page_from", item.page_from},
                    {"page_to", item.page_to},
                    {"begin", item.begin},
                    {"end", item.end},
                    {"text_sha256", sha256_hex(item.text)},
                    {"table_header", item.table_header},
                    {"score", item.score},
                    {"vector_score", item.vector_score},
                    {"lexical_score", item.lexical_score},
                    {"term_coverage", item.term_coverage}});
  return *canonical_json(list);  // strings are valid UTF-8, integers far below 2^53
}

}  // namespace grounds
