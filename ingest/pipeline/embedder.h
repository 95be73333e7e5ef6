// Codes for prepared documents: reused where a text was embedded before, else embedded now.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "embedding/encoder_pool.h"
#include "grounds/result.h"
#include "index/generation/snapshot.h"
#include "ingest/pipeline/document.h"

namespace grounds {

// Belongs to one job; not thread-safe.
class Embedder {
 public:
  // `snapshot`: all of the collection, to find codes that are stored already; `snapshots` for those of other
  // collections with the same model.
  Embedder(Workspace& workspace, const EncoderPool& encoders, Snapshots& snapshots,
           std::shared_ptr<const Snapshot> snapshot)
      : workspace_(workspace), encoders_(encoders), snapshots_(snapshots), snapshot_(std::move(snapshot)) {}

  // After a commit: what it stored can be found from now on.
  void refresh(std::shared_ptr<const Snapshot> snapshot);

  // Fills in the codes of every chunk. A failure concerns the whole batch (kUnavailable: cancelled).
  Status embed(std::vector<PreparedDocument>& documents, const std::function<bool(std::size_t tokens)>& progress);

  std::uint64_t embedded() const { return embedded_; }
  std::uint64_t reused() const { return reused_; }
  std::uint64_t tokens() const { return tokens_; }
  std::uint64_t saturated() const { return saturated_; }

 private:
  struct Wanted { CommitChunk* chunk; std::string text; };
  using Codes = std::vector<std::int8_t>;
  Status embed_space(const Space& space, std::vector<Wanted> wanted, const std::function<bool(std::size_t)>& progress);
  Result<std::optional<Codes>> stored_codes(const Space& space, const TextHash& hash);

  Workspace& workspace_;
  const EncoderPool& encoders_;
  Snapshots& snapshots_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::map<std::pair<std::int64_t, TextHash>, Codes> uncommitted_;  // of this job, until the next refresh
  std::uint64_t embedded_ = 0, reused_ = 0, tokens_ = 0, saturated_ = 0;
};

}  // namespace grounds
