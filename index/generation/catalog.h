// The catalog: what a workspace knows about its collections, documents, versions and chunks.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "access/principal.h"
#include "base/clock.h"
#include "grounds/result.h"
#include "index/generation/settings.h"
#include "index/generation/workspace.h"
#include "index/segment/chunk_id.h"

namespace grounds {

// An embedding model with its code scale, inside a collection. `language` is the rule that assigns
// documents: "zh" takes those is_chinese() holds for, "*" all others.
struct Space {
  std::int64_t id = 0;
  std::string language;
  std::string fingerprint;      // ModelIdentity::fingerprint(), or "none": lexical only
  std::string identity;         // ModelIdentity::to_json(); "{}" for none
  std::uint32_t dimension = 0;  // 0 for none
};

struct Collection {
  std::int64_t id = 0;
  std::string name;
  UnixMillis created = 0;
  std::vector<Space> spaces;
  Settings settings;
  std::int64_t settings_version = 0;
  Generation generation = 0;    // the newest; 0: nothing was ever committed
  Generation access_epoch = 0;  // the last generation that changed who may read what
  std::uint64_t documents = 0, chunks = 0;  // live
  std::int64_t layout = 0;      // changes with the segments, where the generation does not: merges, pruning
};

// One live or past version of a document.
struct DocumentVersion {
  std::int64_t document = 0, version = 0;
  std::string uri, title, date, parser, metadata, warnings, language;
  std::string source_sha256, extract_sha256, map_sha256;
  std::uint64_t source_bytes = 0;
  std::int64_t source_modified = 0;  // nanoseconds
  UnixMillis ingested = 0;
  Generation created = 0;
  std::optional<Generation> retired;
  std::uint64_t chunks = 0;
  std::vector<std::string> groups;   // who may read it now
};

// What is said where terms of two analyzers would meet (kRefused), with the command that helps.
Error analyzed_otherwise(const std::string& collection, std::string_view theirs, std::string_view ours);

// What an ingest must know of a live document to see whether its source has changed.
struct DocumentState {
  std::string uri, source_sha256, chunking, title;
  std::string metadata = "{}";       // canonical JSON
  std::uint64_t source_bytes = 0;
  std::int64_t source_modified = 0;  // nanoseconds
  UnixMillis ingested = 0;
  std::vector<std::string> groups;   // sorted
};

// A chunk with what is needed to show it.
struct ChunkRow {
  ChunkId id;
  Generation created = 0;
  std::int64_t version = 0, document = 0, number = 0;
  std::uint64_t begin = 0, end = 0;
  std::string heading, table_header;
  int page_from = 0, page_to = 0;
  std::string uri, title, date, source_sha256, extract_sha256;
  std::int64_t source_modified = 0;
};

// Thread-safe (each call borrows a connection).
class Catalog {
 public:
  explicit Catalog(Workspace& workspace) : workspace_(workspace) {}

  // kUsage for an invalid name (letters, digits, '-', '_', '.'; at most 64) or one that is taken.
  Result<Collection> create_collection(const std::string& name, const std::vector<Space>& spaces,
                                       const Settings& settings, const std::string& actor);
  Result<Collection> find_collection(const std::string& name);  // kNotFound names what there is
  Result<std::vector<Collection>> list_collections();
  Status delete_collection(const std::string& name, const std::string& actor);
  // A new settings version; returns the collection with it. `change` gets the settings as they are when it is
  // this caller's turn, so two changes at once both hold. It must not use the catalog.
  Result<Collection> change_settings(const std::string& name, const std::function<Status(Settings&)>& change,
                                     const std::string& actor);

  // Current versions the principal may read, by URI; those after `after_uri`, at most `limit`.
  Result<std::vector<DocumentVersion>> list_documents(const Collection& collection, const Principal& principal,
                                                      std::int64_t limit = INT64_MAX, const std::string& after_uri = {});
  // The current version. kNotFound also where the principal may not read it.
  Result<DocumentVersion> find_document(const Collection& collection, const std::string& uri, const Principal& principal);
  // All versions, newest first. As find_document.
  Result<std::vector<DocumentVersion>> history(const Collection& collection, const std::string& uri,
                                               const Principal& principal);

  // All live documents, by URI.
  Result<std::vector<DocumentState>> document_states(const Collection& collection);

  // The row of chunk `id` that is live in `generation`. kNotFound if the generation was pruned meanwhile;
  // else kDamaged if there is none: segment and catalog disagree.
  Result<ChunkRow> chunk(std::int64_t space, const ChunkId& id, Generation generation);
  // The chunks of a version in order, as of its creation.
  Result<std::vector<ChunkRow>> chunks_of(std::int64_t version);

  // Whether `generation` was pruned: it cannot be read any more.
  static Result<bool> is_pruned(Database& database, std::int64_t collection, Generation generation);
  // The newest generation at or before `time`, pruned or not. kNotFound if there is none.
  Result<Generation> generation_at(const Collection& collection, UnixMillis time);
  // A chunk of `space` with this text hash, if one was ever stored: whose codes may be reused.
  Result<std::optional<std::pair<ChunkId, Generation>>> chunk_with_text(std::int64_t space,
                                                                         std::span<const std::uint8_t> text_hash);

 private:
  Workspace& workspace_;
};

// The error of whoever asks for a pruned generation (kNotFound).
tl::unexpected<Error> pruned_generation(Generation generation);

}  // namespace grounds
