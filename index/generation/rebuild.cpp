#include "index/generation/rebuild.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "index/analysis/chunk_terms.h"
#include "index/generation/extract_store.h"
#include "index/generation/garbage.h"
#include "index/generation/merge.h"
#include "index/generation/written_files.h"
#include "index/segment/segment.h"

namespace grounds {
namespace {

// Chunks in memory at a time; a merge makes fewer segments of them afterwards.
constexpr std::size_t kGroupChunks = 16 * 1024;

struct VersionRow {
  std::int64_t id = 0, space = 0, document = 0;
  std::string uri, title, extract_sha256;
};

struct StoredChunk {
  ChunkId id;
  Generation created = 0;
  std::uint64_t begin = 0, end = 0;
  std::string heading, table_header;
};

class Rebuild {
 public:
  Rebuild(Workspace& workspace, Database& database, const Collection& collection, const Analyzer& analyzer,
          WrittenFiles& written)
      : workspace_(workspace), database_(database), collection_(collection), analyzer_(analyzer), written_(written),
        extracts_(workspace) {}

  // Opens what can be opened, and sees whether the live chunks have another analyzer's terms.
  Status read_segments() {
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        database_.prepare("SELECT g.id, g.space, g.file, g.created FROM segments g JOIN spaces s ON s.id = g.space "
                          "WHERE s.collection = ? ORDER BY g.id"));
    statement.bind(collection_.id);
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
      if (!row) break;
      auto segment = Segment::open(workspace_.file_system(), workspace_.segment_path(statement.text(2)));
      if (segment) segments_[statement.integer(1)].push_back(*segment);
      if (!segment || (*segment)->header().analyzer == analyzer_.identity()) {
        replaced_.push_back(statement.integer(0));
        continue;
      }
      Foreign foreign{statement.integer(1), *segment, {}};
      if (!statement.is_null(3)) foreign.created = static_cast<Generation>(statement.integer(3));
      foreign_.push_back(std::move(foreign));
    }
    for (const Foreign& foreign : foreign_) {
      GROUNDS_ASSIGN_OR_RETURN(bool live, holds_live_chunk(foreign));
      if (live) new_generation_ = true;
    }
    return {};
  }

  Result<RebuildReport> run(const std::string& actor) {
    GROUNDS_RETURN_IF_ERROR(read_segments());
    if (new_generation_) GROUNDS_RETURN_IF_ERROR(begin_generation(actor));
    for (const Space& space : collection_.spaces) {
      GROUNDS_ASSIGN_OR_RETURN(std::vector<VersionRow> versions, read_versions(space.id));
      for (const VersionRow& version : versions) {
        GROUNDS_RETURN_IF_ERROR(add_version(space, version));
        if (group_.size() >= kGroupChunks) GROUNDS_RETURN_IF_ERROR(write_group(space));
      }
      GROUNDS_RETURN_IF_ERROR(write_group(space));
    }
    if (!new_generation_)
      for (std::int64_t row : replaced_) GROUNDS_RETURN_IF_ERROR(database_.run("DELETE FROM segments WHERE id = ?", row));
    GROUNDS_RETURN_IF_ERROR(database_.run("UPDATE collections SET layout = layout + 1 WHERE id = ?", collection_.id));
    report_.new_generation = new_generation_;
    return report_;
  }

 private:
  // A segment with the terms of another analyzer: it stays as it is, for the generations before this one.
  struct Foreign {
    std::int64_t space = 0;
    std::shared_ptr<const Segment> segment;
    std::optional<Generation> created;
  };

  static Result<Generation> created_of(const Foreign& foreign, std::uint32_t ordinal) {
    if (foreign.created) return *foreign.created;
    GROUNDS_ASSIGN_OR_RETURN(std::span<const Generation> created, foreign.segment->created());
    return created[ordinal];
  }

  Result<bool> holds_live_chunk(const Foreign& foreign) {
    GROUNDS_ASSIGN_OR_RETURN(std::span<const ChunkId> ids, foreign.segment->ids());
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        database_.prepare("SELECT 1 FROM chunks WHERE space = ? AND chunk_id = ? AND created = ? AND retired IS NULL"));
    for (std::uint32_t i = 0; i < ids.size(); ++i) {
      GROUNDS_ASSIGN_OR_RETURN(Generation created, created_of(foreign, i));
      std::span<const std::uint8_t> id(ids[i].bytes);
      statement.bind(foreign.space, id, created);
      GROUNDS_ASSIGN_OR_RETURN(bool live, statement.step());
      if (live) return true;
    }
    return false;
  }

  Result<bool> is_foreign(std::int64_t space, const StoredChunk& chunk) const {
    for (const Foreign& foreign : foreign_) {
      if (foreign.space != space) continue;
      GROUNDS_ASSIGN_OR_RETURN(std::vector<std::uint32_t> ordinals, foreign.segment->find(chunk.id));
      for (std::uint32_t ordinal : ordinals) {
        GROUNDS_ASSIGN_OR_RETURN(Generation created, created_of(foreign, ordinal));
        if (created == chunk.created) return true;
      }
    }
    return false;
  }

  Status begin_generation(const std::string& actor) {
    GROUNDS_RETURN_IF_ERROR(database_.run(
        "INSERT INTO generations (collection, generation, time, access_epoch, documents, chunks, job, actor, runtime) "
        "SELECT collection, generation + 1, max(?, time + 1), access_epoch, documents, chunks, '', ?, runtime "
        "FROM generations WHERE collection = ? ORDER BY generation DESC LIMIT 1",
        workspace_.clock().now(), actor, collection_.id));
    return read_generation();
  }

  Status read_generation() {
    GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                             database_.prepare("SELECT coalesce(max(generation), 0) FROM generations WHERE collection = ?"));
    statement.bind(collection_.id);
    GROUNDS_RETURN_IF_ERROR(statement.step());
    report_.generation = static_cast<Generation>(statement.integer(0));
    return {};
  }

  // With a new generation the live ones; else all that there are.
  Result<std::vector<VersionRow>> read_versions(std::int64_t space) {
    if (!new_generation_) GROUNDS_RETURN_IF_ERROR(read_generation());
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        database_.prepare(std::string("SELECT v.id, v.space, v.document, d.uri, v.title, v.extract_sha256 FROM versions v "
                                      "JOIN documents d ON d.id = v.document WHERE v.space = ?") +
                          (new_generation_ ? " AND v.retired IS NULL" : "") + " ORDER BY v.id"));
    statement.bind(space);
    std::vector<VersionRow> versions;
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
      if (!row) return versions;
      versions.push_back({statement.integer(0), statement.integer(1), statement.integer(2), statement.text(3),
                          statement.text(4), statement.text(5)});
    }
  }

  Result<std::vector<StoredChunk>> read_chunks(std::int64_t version) {
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        database_.prepare("SELECT chunk_id, created, \"begin\", \"end\", heading, table_header FROM chunks WHERE version = ?"));
    statement.bind(version);
    std::vector<StoredChunk> chunks;
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
      if (!row) return chunks;
      StoredChunk chunk;
      std::span<const std::uint8_t> id = statement.blob(0);
      std::memcpy(chunk.id.bytes.data(), id.data(), std::min(id.size(), chunk.id.bytes.size()));
      chunk.created = static_cast<Generation>(statement.integer(1));
      chunk.begin = static_cast<std::uint64_t>(statement.integer(2));
      chunk.end = static_cast<std::uint64_t>(statement.integer(3));
      chunk.heading = statement.text(4);
      chunk.table_header = statement.text(5);
      chunks.push_back(std::move(chunk));
    }
  }

  Status add_version(const Space& space, const VersionRow& version) {
    GROUNDS_ASSIGN_OR_RETURN(std::vector<StoredChunk> chunks, read_chunks(version.id));
    if (new_generation_) GROUNDS_RETURN_IF_ERROR(renew(version.id));
    if (chunks.empty()) return {};
    GROUNDS_ASSIGN_OR_RETURN(std::string text, extracts_.read(version.extract_sha256));
    const ChunkTerms terms(analyzer_, version.title, version.uri);
    for (const StoredChunk& stored : chunks) {
      if (!new_generation_) {
        GROUNDS_ASSIGN_OR_RETURN(bool foreign, is_foreign(space.id, stored));
        if (foreign) continue;
      }
      if (stored.begin > stored.end || stored.end > text.size())
        return fail(ErrorCode::kDamaged, version.uri + ": a chunk lies outside its extract", "run: grounds doctor");
      NewChunk chunk;
      chunk.id = stored.id;
      chunk.document = version.document;
      if (!new_generation_) chunk.created = stored.created;
      chunk.terms = terms.of_chunk(stored.heading, stored.table_header,
                                   std::string_view(text).substr(stored.begin, stored.end - stored.begin));
      if (space.dimension > 0) {
        GROUNDS_ASSIGN_OR_RETURN(chunk.codes, codes_of(space.id, stored.id, version.uri));
      }
      group_.push_back(std::move(chunk));
    }
    return {};
  }

  // The same version and chunks again, created by the new generation, which retires the old ones.
  Status renew(std::int64_t version) {
    GROUNDS_RETURN_IF_ERROR(database_.run(
        "INSERT INTO versions (document, created, source_sha256, source_bytes, source_modified, extract_sha256, "
        "map_sha256, parser, chunking, space, title, date, metadata, warnings, ingested, job) "
        "SELECT document, ?, source_sha256, source_bytes, source_modified, extract_sha256, map_sha256, parser, "
        "chunking, space, title, date, metadata, warnings, ingested, job FROM versions WHERE id = ?",
        report_.generation, version));
    const std::int64_t renewed = database_.last_insert_rowid();
    GROUNDS_RETURN_IF_ERROR(database_.run(
        "INSERT INTO chunks (space, chunk_id, created, version, number, \"begin\", \"end\", heading, page_from, page_to, "
        "table_header, text_hash) SELECT space, chunk_id, ?, ?, number, \"begin\", \"end\", heading, page_from, page_to, "
        "table_header, text_hash FROM chunks WHERE version = ?",
        report_.generation, renewed, version));
    GROUNDS_RETURN_IF_ERROR(
        database_.run("UPDATE chunks SET retired = ? WHERE version = ?", report_.generation, version));
    return database_.run("UPDATE versions SET retired = ? WHERE id = ?", report_.generation, version);
  }

  // An id stands for one text in one space: the codes are the same in every generation.
  Result<std::vector<std::int8_t>> codes_of(std::int64_t space, const ChunkId& id, const std::string& uri) {
    for (const auto& segment : segments_[space]) {
      auto ordinals = segment->find(id);
      if (!ordinals || ordinals->empty()) continue;
      auto codes = segment->codes_of(ordinals->front());
      if (codes) return std::vector<std::int8_t>(codes->begin(), codes->end());
    }
    return fail(ErrorCode::kDamaged, uri + ": the vector of chunk " + id.hex() + " is in no readable segment",
                "delete the document and ingest it again, or restore a backup");
  }

  Status write_group(const Space& space) {
    if (group_.empty()) return {};
    const std::string file = workspace_.new_id() + ".segment";
    const std::string path = workspace_.segment_path(file);
    SegmentHeader header{space.fingerprint, space.dimension, analyzer_.identity()};
    GROUNDS_ASSIGN_OR_RETURN(SegmentSummary summary,
                             write_segment(workspace_.file_system(), path, header, std::move(group_)));
    group_.clear();
    written_.add(path);
    report_.chunks += summary.chunks;
    ++report_.segments;
    std::optional<Generation> created;
    if (new_generation_) created = report_.generation;
    return database_.run(
        "INSERT INTO segments (space, file, created, published, chunks, bytes, sha256, analyzer) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        space.id, file, created, report_.generation, summary.chunks, summary.bytes, summary.sha256,
        analyzer_.identity());
  }

  Workspace& workspace_;
  Database& database_;
  const Collection& collection_;
  const Analyzer& analyzer_;
  WrittenFiles& written_;
  ExtractStore extracts_;
  std::vector<std::int64_t> replaced_;                                           // rows of the old segments
  std::vector<Foreign> foreign_;
  std::map<std::int64_t, std::vector<std::shared_ptr<const Segment>>> segments_; // by space
  bool new_generation_ = false;
  std::vector<NewChunk> group_;
  RebuildReport report_;
};

}  // namespace

Result<RebuildReport> rebuild(Workspace& workspace, const Collection& collection, const Analyzer& analyzer,
                              const std::string& actor) {
  RebuildReport report;
  {
    GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
    WrittenFiles written(workspace.file_system());
    GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
    GROUNDS_ASSIGN_OR_RETURN(report, Rebuild(workspace, *catalog, collection, analyzer, written).run(actor));
    written.keep();
    GROUNDS_RETURN_IF_ERROR(transaction.commit());
  }
  GROUNDS_RETURN_IF_ERROR(merge_collection(workspace, collection.id, MergeExtent::kTiers));
  GROUNDS_RETURN_IF_ERROR(collect_garbage(workspace));
  return report;
}

}  // namespace grounds
