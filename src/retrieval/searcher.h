// Search: a query in, ranked spans of documents out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "grounds/result.h"
#include "index/generation/extract_store.h"
#include "index/generation/snapshot.h"
#include "retrieval/fusion.h"
#include "retrieval/query.h"

namespace grounds {

// A generation by number, or the one that was current at a time.
using AsOf = std::variant<std::monostate, Generation, UnixMillis>;
// "12", a date or an RFC 3339 time; kUsage.
Result<AsOf> parse_as_of(std::string_view text);

struct SearchRequest {
  std::string collection = "default";
  std::string query;
  std::uint32_t k = 10;
  SearchMode mode = SearchMode::kHybrid;
  AsOf as_of;
  Principal principal;
  MetadataFilter filter;
};

struct SearchHit {
  RankedChunk ranked;
  ChunkRow chunk;
  std::string text;   // the extract's bytes [begin, end)
};

struct SearchResponse {
  std::shared_ptr<const Snapshot> snapshot;
  Query query;
  std::vector<SearchHit> hits;
};

// What a search needs from the process, made once and shared. Thread-safe.
class Searcher {
 public:
  // All must outlive it.
  Searcher(Workspace& workspace, Snapshots& snapshots, ExtractStore& extracts, const EncoderPool& encoders,
           const Analyzer& analyzer)
      : workspace_(workspace), snapshots_(snapshots), extracts_(extracts), encoders_(encoders), analyzer_(analyzer) {}

  Result<SearchResponse> search(const SearchRequest& request);

  // The parts of it, for answers and replays.
  Result<std::shared_ptr<const Snapshot>> snapshot(const std::string& collection, const Principal& principal,
                                                   const AsOf& as_of, const MetadataFilter& filter = {});
  // Refuses (kRefused) a query whose codes or terms were made for other models or another analyzer than
  // this process has.
  Result<Query> prepare(const Snapshot& snapshot, std::string_view text, SearchMode mode,
                        QuotedPhrases quoted = QuotedPhrases::kAreWords) const;
  Result<std::vector<SearchHit>> hits(const Snapshot& snapshot, const Query& query, std::uint32_t k);

  Snapshots& snapshots() const { return snapshots_; }
  const EncoderPool& encoders() const { return encoders_; }
  const Analyzer& analyzer() const { return analyzer_; }

 private:
  Workspace& workspace_;
  Snapshots& snapshots_;
  ExtractStore& extracts_;
  const EncoderPool& encoders_;
  const Analyzer& analyzer_;
};

}  // namespace grounds
