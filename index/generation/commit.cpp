#include "index/generation/commit.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "index/generation/live_analyzer.h"
#include "index/generation/merge.h"
#include "index/generation/written_files.h"

namespace grounds {
namespace {

// One commit in progress. All in one catalog transaction.
class Commit {
 public:
  Commit(Workspace& workspace, Database& database, const Collection& collection, CommitBatch& batch)
      : workspace_(workspace), database_(database), collection_(collection), batch_(batch) {}

  // Decides the generation's number and time, and what the last one held.
  Status read_last() {
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        database_.prepare("SELECT generation, time, access_epoch, documents, chunks FROM generations "
                          "WHERE collection = ? ORDER BY generation DESC LIMIT 1"));
    statement.bind(collection_.id);
    GROUNDS_ASSIGN_OR_RETURN(bool found, statement.step());
    UnixMillis last_time = 0;
    Generation last = 0;
    if (found) {
      last = static_cast<Generation>(statement.integer(0));
      last_time = statement.integer(1);
      access_epoch_ = static_cast<Generation>(statement.integer(2));
      documents_ = statement.integer(3);
      chunks_ = statement.integer(4);
    }
    generation_ = last + 1;
    time_ = std::max(workspace_.clock().now(), last_time + 1);
    return check_collection();
  }

  Status apply_deletions() {
    for (const std::string& uri : batch_.deleted) {
      GROUNDS_ASSIGN_OR_RETURN(std::int64_t document, find_document(uri));
      if (document == 0) continue;
      GROUNDS_ASSIGN_OR_RETURN(bool was_live, retire(document));
      if (!was_live) continue;
      GROUNDS_RETURN_IF_ERROR(set_groups(document, {}));
      ++result_.deleted;
      --documents_;
    }
    return {};
  }

  Status apply_versions() {
    std::set<std::string_view> seen;
    for (CommitVersion& version : batch_.versions) {
      if (!seen.insert(version.uri).second)
        return fail(ErrorCode::kInternal, "document " + version.uri + " stands twice in one commit");
      GROUNDS_ASSIGN_OR_RETURN(std::int64_t document, find_document(version.uri));
      bool was_live = false;
      if (document == 0) {
        GROUNDS_RETURN_IF_ERROR(
            database_.run("INSERT INTO documents (collection, uri) VALUES (?, ?)", collection_.id, version.uri));
        document = database_.last_insert_rowid();
      } else {
        GROUNDS_ASSIGN_OR_RETURN(was_live, retire(document));
      }
      ++(was_live ? result_.updated : result_.added);
      if (!was_live) ++documents_;
      GROUNDS_RETURN_IF_ERROR(set_groups(document, version.groups));
      GROUNDS_RETURN_IF_ERROR(insert_version(document, version));
    }
    return {};
  }

  Status apply_regrouping() {
    for (const auto& [uri, groups] : batch_.regrouped) {
      GROUNDS_ASSIGN_OR_RETURN(std::int64_t document, find_document(uri));
      if (document == 0) continue;
      GROUNDS_ASSIGN_OR_RETURN(bool changed, change_groups(document, groups));
      if (changed) ++result_.regrouped;
    }
    return {};
  }

  // Terms of two analyzers are never mixed in one generation.
  Status check_analyzer() {
    if (batch_.versions.empty() || batch_.analyzer.empty() || chunks_ == 0) return {};
    GROUNDS_ASSIGN_OR_RETURN(const std::string live, live_analyzer(workspace_, database_, collection_.id));
    if (live.empty() || live == batch_.analyzer) return {};
    return fail(analyzed_otherwise(collection_.name, live, batch_.analyzer));
  }

  bool changed() const {
    return result_.added + result_.updated + result_.deleted + result_.regrouped > 0;
  }

  // The new files, durable before the transaction that names them.
  Status write_files(WrittenFiles& written) {
    for (auto& [space, chunks] : segments_) {
      std::string file = workspace_.new_id() + ".segment";
      std::string path = workspace_.segment_path(file);
      const Space& info = *std::ranges::find(collection_.spaces, space, &Space::id);
      SegmentHeader header{info.fingerprint, info.dimension, batch_.analyzer};
      GROUNDS_ASSIGN_OR_RETURN(SegmentSummary summary,
                               write_segment(workspace_.file_system(), path, header, std::move(chunks)));
      written.add(path);
      GROUNDS_RETURN_IF_ERROR(database_.run(
          "INSERT INTO segments (space, file, created, published, chunks, bytes, sha256, analyzer) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          space, file, generation_, generation_, summary.chunks, summary.bytes, summary.sha256, batch_.analyzer));
    }
    if (batch_.extracts.empty()) return {};
    std::string file = workspace_.new_id() + ".pack";
    std::string path = workspace_.extract_path(file);
    GROUNDS_RETURN_IF_ERROR(batch_.extracts.write(workspace_.file_system(), path));
    written.add(path);
    GROUNDS_RETURN_IF_ERROR(
        database_.run("INSERT INTO packs (file, bytes) VALUES (?, ?)", file, batch_.extracts.bytes()));
    std::int64_t pack = database_.last_insert_rowid();
    for (const PackedBlob& blob : batch_.extracts.blobs())
      GROUNDS_RETURN_IF_ERROR(database_.run(
          // The newest copy counts: the one before may be damaged, and to ingest again must mend that.
          "INSERT INTO extracts (sha256, pack, \"offset\", length) VALUES (?, ?, ?, ?) ON CONFLICT (sha256) DO UPDATE "
          "SET pack = excluded.pack, \"offset\" = excluded.\"offset\", length = excluded.length",
          blob.sha256, pack, blob.offset, blob.length));
    return {};
  }

  Status insert_generation() {
    if (access_changed_) access_epoch_ = generation_;
    GROUNDS_RETURN_IF_ERROR(database_.run(
        "INSERT INTO generations (collection, generation, time, access_epoch, documents, chunks, job, actor, runtime) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        collection_.id, generation_, time_, access_epoch_, documents_, chunks_, batch_.job, batch_.actor,
        batch_.runtime));
    result_.generation = generation_;
    return {};
  }

  const CommitResult& result() const { return result_; }
  Generation last() const { return generation_ - 1; }

 private:
  Status check_collection() {
    GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                             database_.prepare("SELECT 1 FROM collections WHERE id = ? AND deleted IS NULL"));
    statement.bind(collection_.id);
    GROUNDS_ASSIGN_OR_RETURN(bool found, statement.step());
    if (!found) return fail(ErrorCode::kNotFound, "collection " + collection_.name + " was deleted meanwhile");
    return {};
  }

  // 0 if the collection never had it.
  Result<std::int64_t> find_document(const std::string& uri) {
    GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                             database_.prepare("SELECT id FROM documents WHERE collection = ? AND uri = ?"));
    statement.bind(collection_.id, uri);
    GROUNDS_ASSIGN_OR_RETURN(bool found, statement.step());
    return found ? statement.integer(0) : 0;
  }

  // Retires the live version and its chunks; false if none was live.
  Result<bool> retire(std::int64_t document) {
    GROUNDS_RETURN_IF_ERROR(database_.run(
        "UPDATE chunks SET retired = ? WHERE retired IS NULL AND version IN "
        "(SELECT id FROM versions WHERE document = ? AND retired IS NULL)",
        generation_, document));
    chunks_ -= database_.changes();
    GROUNDS_RETURN_IF_ERROR(database_.run("UPDATE versions SET retired = ? WHERE document = ? AND retired IS NULL",
                                          generation_, document));
    return database_.changes() > 0;
  }

  Status insert_version(std::int64_t document, CommitVersion& version) {
    GROUNDS_RETURN_IF_ERROR(database_.run(
        "INSERT INTO versions (document, created, source_sha256, source_bytes, source_modified, extract_sha256, "
        "map_sha256, parser, chunking, space, title, date, metadata, warnings, ingested, job) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        document, generation_, version.source_sha256, version.source_bytes, version.source_modified,
        version.extract_sha256, version.map_sha256, version.parser, version.chunking, version.space, version.title,
        version.date, version.metadata, version.warnings, time_, batch_.job));
    std::int64_t id = database_.last_insert_rowid();
    std::int64_t number = 0;
    for (CommitChunk& chunk : version.chunks) {
      GROUNDS_RETURN_IF_ERROR(database_.run(
          "INSERT INTO chunks (space, chunk_id, created, version, number, \"begin\", \"end\", heading, page_from, "
          "page_to, table_header, text_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          version.space, std::span<const std::uint8_t>(chunk.id.bytes), generation_, id, number++, chunk.begin,
          chunk.end, chunk.heading, chunk.page_from, chunk.page_to, chunk.table_header,
          std::span<const std::uint8_t>(chunk.text_hash)));
      NewChunk entry;
      entry.id = chunk.id;
      entry.document = document;
      entry.codes = std::move(chunk.codes);
      entry.terms = std::move(chunk.terms);
      segments_[version.space].push_back(std::move(entry));
      ++chunks_;
    }
    return {};
  }

  // Makes `groups` the ones that may read the document from this generation on.
  Status set_groups(std::int64_t document, const std::vector<std::string>& groups) {
    return change_groups(document, groups).map([](bool) {});
  }

  Result<bool> change_groups(std::int64_t document, const std::vector<std::string>& groups) {
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        database_.prepare("SELECT \"group\" FROM access WHERE document = ? AND retired IS NULL ORDER BY \"group\""));
    statement.bind(document);
    std::set<std::string> have;
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
      if (!row) break;
      have.insert(statement.text(0));
    }
    std::set<std::string> want(groups.begin(), groups.end());
    if (have == want) return false;
    access_changed_ = true;
    for (const std::string& group : have)
      if (!want.contains(group))
        GROUNDS_RETURN_IF_ERROR(database_.run(
            "UPDATE access SET retired = ? WHERE document = ? AND \"group\" = ? AND retired IS NULL", generation_,
            document, group));
    for (const std::string& group : want)
      if (!have.contains(group))
        GROUNDS_RETURN_IF_ERROR(database_.run("INSERT INTO access (document, \"group\", created) VALUES (?, ?, ?)",
                                              document, group, generation_));
    return true;
  }

  Workspace& workspace_;
  Database& database_;
  const Collection& collection_;
  CommitBatch& batch_;
  Generation generation_ = 0, access_epoch_ = 0;
  UnixMillis time_ = 0;
  std::int64_t documents_ = 0, chunks_ = 0;
  bool access_changed_ = false;
  std::map<std::int64_t, std::vector<NewChunk>> segments_;  // by space
  CommitResult result_;
};

Result<CommitResult> publish(Workspace& workspace, const Collection& collection, CommitBatch& batch) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  // Declared before the transaction: the files go only after the rollback that makes them unneeded.
  WrittenFiles written(workspace.file_system());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
  Commit commit(workspace, *catalog, collection, batch);
  GROUNDS_RETURN_IF_ERROR(commit.read_last());
  GROUNDS_RETURN_IF_ERROR(commit.check_analyzer());
  GROUNDS_RETURN_IF_ERROR(commit.apply_deletions());
  GROUNDS_RETURN_IF_ERROR(commit.apply_versions());
  GROUNDS_RETURN_IF_ERROR(commit.apply_regrouping());
  if (!commit.changed()) {
    CommitResult nothing;
    nothing.generation = commit.last();
    return nothing;
  }
  GROUNDS_RETURN_IF_ERROR(commit.write_files(written));
  GROUNDS_RETURN_IF_ERROR(commit.insert_generation());
  // From here on the outcome is the transaction's. Should it fail after reaching the disk, the files are
  // needed; if not, `doctor` collects them.
  written.keep();
  GROUNDS_RETURN_IF_ERROR(transaction.commit());
  return commit.result();
}

}  // namespace

Result<CommitResult> commit(Workspace& workspace, const Collection& collection, CommitBatch batch) {
  GROUNDS_ASSIGN_OR_RETURN(CommitResult result, publish(workspace, collection, batch));
  // The commit stands, whatever comes of the merge.
  if (auto merged = merge_collection(workspace, collection.id, MergeExtent::kSmall); !merged)
    log_warning("collection " + collection.name + ": segments were not merged: " + merged.error().message);
  return result;
}

}  // namespace grounds
