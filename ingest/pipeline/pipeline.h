// A job: from a source to durable generations. source -> plan -> parse, cut, analyse (all cores) ->
// embed -> commit every few seconds. A killed job leaves what it committed; doing it again completes it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "embedding/encoder_pool.h"
#include "grounds/result.h"
#include "index/analysis/analyzer.h"
#include "index/generation/catalog.h"
#include "index/generation/snapshot.h"
#include "ingest/pipeline/ingest_report.h"
#include "ingest/sources/source.h"
#include "ingest/worker/parser_pool.h"

namespace grounds {

struct IngestOptions {
  bool make_equal = false;                          // sync: delete what the source does not have,
  bool allow_empty = false;                         // also where that is all of many documents: an unmounted folder is empty
  bool atomic = false;                              // one generation for all of it, or none: held in memory
  std::size_t atomic_chunks = 200'000;              // until then, so at most so many chunks
  bool dry_run = false;                             // say what would be done, and do nothing
  // Groups for every document of this job; else those of `groups_of`; else those it has; else the
  // collection's default. So permissions survive an update.
  std::optional<std::vector<std::string>> groups;
  std::function<std::optional<std::vector<std::string>>(const std::string& uri)> groups_of;
  std::string actor;
  std::function<void(const std::string& job)> started;  // told the job's id once it is on record; may be empty
  std::size_t commit_chunks = 4096;                 // commit when so many chunks are ready,
  double commit_seconds = 5;                        // or so much time has passed
  int threads = 0;                                  // preparing documents; 0: one per core
  std::uint64_t max_source_bytes = 512ull << 20;    // a larger document is a failure
  std::uint64_t expected_documents = 0;             // for the progress only; 0: not known
};

struct IngestServices {
  Workspace& workspace;
  Snapshots& snapshots;
  const EncoderPool& encoders;
  const Analyzer& analyzer;
  ParserPool& parsers;
};

// Documents that fail are in the report and keep their last good version; an error means that the job
// itself could not go on (what it committed stands).
Result<IngestReport> ingest(const IngestServices& services, const Collection& collection, Source& source,
                            const IngestOptions& options, const IngestObserver& observer = {});

}  // namespace grounds
