// What a job has to do: a source's documents held against those that are there, one after another.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "index/generation/catalog.h"
#include "ingest/pipeline/pipeline.h"

namespace grounds {

struct PlannedItem {
  SourceItem item;
  const DocumentState* current = nullptr;  // none: a new document
  std::vector<std::string> groups;         // who shall be able to read it
};

// Thread-safe. Keeps a flag a document that is there, and nothing of those that are new.
class Plan {
 public:
  // All must outlive it.
  Plan(Source& source, std::vector<DocumentState> states, const Collection& collection, const IngestOptions& options);

  // The next document that must be read: new, or perhaps changed. A document is unchanged without being
  // read if its size and modification time are those seen when it was ingested, that time lies clearly
  // before the ingest, and the rules of parsing and chunking are still the same.
  std::optional<PlannedItem> next();

  // What next() has passed over so far.
  struct Passed {
    std::uint64_t listed = 0, unchanged = 0;
    std::map<std::string, std::vector<std::string>> regrouped;
    std::vector<IngestFailure> failures;
  };
  // Hands over what was passed since the last call; counts are in total.
  Passed take_passed();

  // Once next() is at its end: documents that are there and that the source does not have. None that a
  // failure of the listing may stand for: what cannot be read is not gone.
  std::vector<const DocumentState*> missing() const;
  // Nothing could be listed at all: the source is not there, or not readable.
  bool source_failed() const;

 private:
  std::vector<std::string> groups_for(const SourceItem& item, const DocumentState* current) const;
  bool unchanged(const SourceItem& item, const DocumentState& current) const;

  Source& source_;
  const std::vector<DocumentState> states_;  // sorted by uri
  const Collection& collection_;
  const IngestOptions& options_;
  const std::string rules_;
  mutable std::mutex mutex_;
  std::vector<bool> seen_;                   // by index into states_
  std::vector<std::string> failed_uris_;
  Passed passed_;
};

}  // namespace grounds
