// What a job has to do: a source's documents held against those that are there, one after another.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "index/generation/catalog.h"
#include "ingest/pipeline/pipeline.h"

namespace grounds {

struct PlannedItem {
  SourceItem item;
  const DocumentState* current = nullptr;  // none: a new document
  std::vector<std::string> groups;         // who shall be able to read it
  bool groups_are_ruled = false;           // by the job, the source or a rule; else as the document had them
};

// Whether the source gives the document the title and metadata that it has. A title that the source does
// not give is the document's own.
bool describes_the_same(const SourceItem& item, const DocumentState& current);

// Who shall be able to read a document that takes the place of `renamed`, by content: who could read that,
// unless it is ruled; where it moved over another document, only who could read both.
std::vector<std::string> groups_after_rename(const PlannedItem& planned, const DocumentState& renamed);

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

  // A job that makes equal lists all of the source before it reads anything, and so knows what is missing:
  // documents that are there and that the source does not have. None that a failure of the listing may
  // stand for: what cannot be read is not gone.

  // A missing document with this content, which a document of another name takes the place of: a rename.
  // It is missing no longer. Those with equal contents are taken by URI. nullptr if there is none.
  const DocumentState* take_renamed(const std::string& source_sha256);
  // Once next() is at its end: those that are still missing.
  std::vector<const DocumentState*> missing() const;
  // Nothing could be listed at all: the source is not there, or not readable.
  bool source_failed() const;
  // Once next() is at its end: the source listed no document.
  bool source_is_empty() const;

 private:
  using Listed = tl::expected<SourceItem, SourceFailure>;
  void list_all();
  std::optional<Listed> pull();
  const DocumentState* find(const SourceItem& item) const;

  PlannedItem plan_item(SourceItem item, const DocumentState* current) const;
  bool unchanged(const SourceItem& item, const DocumentState& current) const;

  Source& source_;
  const std::vector<DocumentState> states_;  // sorted by uri
  const Collection& collection_;
  const IngestOptions& options_;
  const std::string rules_;
  mutable std::mutex mutex_;
  std::deque<Listed> listed_;                // of a job that makes equal: still to be handed out
  bool all_listed_ = false;
  std::multimap<std::string, const DocumentState*> missing_;  // by SHA-256 of the source
  bool has_failures_ = false;
  Passed passed_;
};

}  // namespace grounds
