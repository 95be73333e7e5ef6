// What an ingest did, and what it is doing: for the person who waits and for the program that asks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "index/segment/chunk_id.h"

namespace grounds {

struct IngestFailure {
  std::string uri;
  std::string stage;    // "read", "parse", "chunk", "embed"
  std::string reason;
};

// Where a job's time went. Documents are read, parsed and cut by several threads beside the embedding: their seconds
// are summed over the threads, and together with the others may be more than the job's.
struct StageSeconds {
  double read = 0, parse = 0, cut = 0;   // cut: chunking and analysis
  double embed = 0, commit = 0;          // of the job's own thread
};

struct IngestReport {
  std::string collection;
  std::string job;
  Generation generation = 0;
  std::uint64_t added = 0, updated = 0, renamed = 0, deleted = 0, unchanged = 0;
  std::uint64_t regrouped = 0;        // unchanged documents that other groups may read now
  std::uint64_t chunks_live = 0, chunks_added = 0;
  std::uint64_t embedded = 0, reused = 0;    // chunks
  std::uint64_t tokens = 0;                  // embedded
  std::uint64_t saturated = 0;               // clamped code components
  double seconds = 0;
  StageSeconds stages;
  bool dry_run = false;
  bool interrupted = false;           // asked to stop; what was committed stands
  std::vector<IngestFailure> failures;
};

struct IngestProgress {
  std::uint64_t documents_done = 0, documents_total = 0;
  std::uint64_t chunks = 0, tokens = 0;
  double seconds = 0;
};
// Called now and then from the ingesting thread; returning false stops after the current commit.
using IngestObserver = std::function<bool(const IngestProgress&)>;

}  // namespace grounds
