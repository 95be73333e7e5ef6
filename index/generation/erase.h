// Erasure of a document: all its versions, for good, out of the catalog, the segments and the extract packs. A
// deletion only retires; this destroys.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grounds/result.h"
#include "index/generation/catalog.h"
#include "index/segment/segment.h"

namespace grounds {

// An erasure as it is on record: a row of the catalog's `outbox`, there before anything is destroyed. A killed
// process leaves it unfinished; whoever erases the same document again goes on with it.
struct Erasure {
  std::int64_t row = 0;
  std::string id;                    // ULID; what the ledger's entries name it by
  std::int64_t collection = 0;
  std::string uri, actor;
  UnixMillis started = 0;
  UnixMillis destroyed = 0;          // when its versions went; 0: not yet
  UnixMillis first_ingested = 0;     // backups from before it cannot hold the document
  bool finished = false;
  std::uint64_t versions = 0, chunks = 0, segments_rewritten = 0, texts = 0;  // destroyed
  std::vector<std::string> answers;  // whose records quoted it
  // Names under which only this document's past is: those that gave it their content in the generation that brought it
  // (it was renamed), and those all whose versions have its content. No live document has them. Erased with it.
  std::vector<std::string> earlier_names;
  // Other documents, by collection and URI, that have content of its: they are not erased.
  std::vector<std::pair<std::string, std::string>> same_content;
  bool after_pruning = false;        // versions of it may have been pruned, with their bytes left in packs; not on record
  // The generations that its versions were live in; without an end: until it was erased.
  std::vector<std::pair<Generation, std::optional<Generation>>> live_in;
};

// The unfinished one of this document, or one begun now; also where no version of it is left (then `live_in` is empty):
// answers may quote it, and packs hold what was pruned.
Result<Erasure> begin_erasure(Workspace& workspace, const Collection& collection, const std::string& uri,
                              const std::string& actor);
// Takes the record of an erasure that found nothing away.
Status discard_erasure(Workspace& workspace, const Erasure& erasure);
// Whether the document has a live version.
Result<bool> is_live(Workspace& workspace, std::int64_t collection, const std::string& uri);
// Writes what is known by now to its row, durably.
Status save_erasure(Workspace& workspace, const Erasure& erasure);
Result<std::vector<Erasure>> unfinished_erasures(Database& catalog);
// Whether a document that was live in this generation was destroyed at `recorded` or after: its statistics are others now.
Result<bool> erased_since(Database& catalog, std::int64_t collection, Generation generation, UnixMillis recorded);

// The error of whoever had a snapshot from before an erasure and comes to read what is gone (kUnavailable): a new
// snapshot is without it.
tl::unexpected<Error> erased_meanwhile();

// Hashes of the document's extracts and block maps that no other document refers to: what goes with it.
Result<std::vector<std::string>> own_extracts(Workspace& workspace, const Erasure& erasure);

// The chunks of a collection but those of one document. Immutable.
class OtherChunks {
 public:
  static Result<OtherChunks> read(Workspace& workspace, Database& catalog, const Erasure& erasure);
  // Whether one of them holds the term.
  Result<bool> hold(const std::string& term) const;

  struct Part {
    std::int64_t row = 0;                // of the catalog's `segments`
    std::shared_ptr<const Segment> segment;
    std::optional<Generation> created;
    Bitset others;
    bool affected = false;               // holds chunks of the document
  };
  const std::vector<Part>& parts() const { return parts_; }

 private:
  std::vector<Part> parts_;
};

// Destroys what the catalog, the segments and the extracts hold of the document, in one transaction; files that
// nothing names any more are removed by compact_packs() and collect_garbage(). kUnavailable if the document has a
// live version: delete it first. Nothing to do is success.
Status destroy_document(Workspace& workspace, Erasure& erasure);

// Notes that a backup is made, before it is; and those that may hold what was ingested from `since` on.
Status record_backup(Workspace& workspace, const std::string& path, const std::string& actor);
Result<std::vector<std::string>> recorded_backups(Workspace& workspace, UnixMillis since);

}  // namespace grounds
