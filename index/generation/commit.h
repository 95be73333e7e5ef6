// Publishing a generation: files first, then one transaction (design, law 4).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "grounds/result.h"
#include "index/generation/catalog.h"
#include "index/generation/extract_store.h"
#include "index/segment/segment.h"

namespace grounds {

using TextHash = std::array<std::uint8_t, 16>;  // first 128 bits of SHA-256 of the embedded text

struct CommitChunk {
  ChunkId id;
  std::uint64_t begin = 0, end = 0;
  std::string heading, table_header;
  int page_from = 0, page_to = 0;
  TextHash text_hash{};
  std::vector<std::int8_t> codes;                     // empty in a space without a model
  std::array<std::vector<Token>, kFieldCount> terms;  // as analysed, by field
};

// A new version of a document; what was current before is retired by the same commit.
struct CommitVersion {
  std::string uri, title, date, parser, chunking;
  std::string metadata = "{}", warnings = "[]";  // JSON
  std::string source_sha256, extract_sha256, map_sha256;
  std::uint64_t source_bytes = 0;
  std::int64_t source_modified = 0;              // nanoseconds
  std::int64_t space = 0;
  std::vector<std::string> groups;               // who may read it
  std::vector<CommitChunk> chunks;
};

// All that one commit adds, changes and deletes.
struct CommitBatch {
  std::vector<CommitVersion> versions;           // distinct URIs
  std::vector<std::string> deleted;              // URIs; unknown ones are passed over
  std::map<std::string, std::vector<std::string>> regrouped;  // URI -> groups, for documents otherwise unchanged
  ExtractPackWriter extracts;
  std::string job, actor, runtime = "{}";
  std::string analyzer;                          // Analyzer::identity() of the segments' terms
};

struct CommitResult {
  Generation generation = 0;
  std::uint64_t added = 0, updated = 0, deleted = 0, regrouped = 0;
};

// Durable and atomic: on failure the collection's last generation stands unchanged. A batch that
// changes nothing makes no generation. Afterwards full tiers of small segments are merged (merge.h), which
// the outcome does not depend on. Two commits of one workspace take turns, in any process: the
// files are written inside the catalog's write transaction, which nobody who only reads waits for.
Result<CommitResult> commit(Workspace& workspace, const Collection& collection, CommitBatch batch);

}  // namespace grounds
