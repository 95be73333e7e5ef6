#include "index/generation/live_analyzer.h"

#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "index/segment/segment.h"

namespace grounds {
namespace {

// Of all segments of the collection if they agree, whatever is live in them. Rows of format 1 do not say.
Result<std::optional<std::string>> only_analyzer(Database& database, std::int64_t collection) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      database.prepare("SELECT min(g.analyzer), max(g.analyzer) FROM segments g JOIN spaces s ON s.id = g.space WHERE "
                       "s.collection = ?"));
  statement.bind(collection);
  GROUNDS_RETURN_IF_ERROR(statement.step());
  if (statement.is_null(0)) return std::optional<std::string>("");
  if (statement.text_view(0).empty() || statement.text_view(0) != statement.text_view(1)) return std::optional<std::string>();
  return std::optional<std::string>(statement.text(0));
}

struct LiveChunk {
  std::int64_t space = 0;
  ChunkId id;
  Generation created = 0;
};

Result<std::optional<LiveChunk>> any_live_chunk(Database& database, std::int64_t collection) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      database.prepare("SELECT c.space, c.chunk_id, c.created FROM spaces s JOIN chunks c ON c.space = s.id WHERE "
                       "s.collection = ? AND c.retired IS NULL LIMIT 1"));
  statement.bind(collection);
  GROUNDS_ASSIGN_OR_RETURN(bool found, statement.step());
  if (!found) return std::optional<LiveChunk>();
  LiveChunk chunk;
  chunk.space = statement.integer(0);
  const std::span<const std::uint8_t> bytes = statement.blob(1);
  std::memcpy(chunk.id.bytes.data(), bytes.data(), std::min(bytes.size(), chunk.id.bytes.size()));
  chunk.created = static_cast<Generation>(statement.integer(2));
  return std::optional<LiveChunk>(chunk);
}

// Whether the segment holds the chunk as its generation made it.
Result<bool> holds(const Segment& segment, std::optional<Generation> created, const LiveChunk& chunk) {
  if (created && *created != chunk.created) return false;
  GROUNDS_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> ordinals, segment.find(chunk.id));
  if (created) return !ordinals.empty();
  GROUNDS_ASSIGN_OR_RETURN(const std::span<const Generation> each_created, segment.created());
  for (const std::uint32_t ordinal : ordinals)
    if (each_created[ordinal] == chunk.created) return true;
  return false;
}

}  // namespace

Result<std::string> live_analyzer(Workspace& workspace, Database& database, std::int64_t collection) {
  GROUNDS_ASSIGN_OR_RETURN(std::optional<std::string> only, only_analyzer(database, collection));
  if (only) return *only;
  GROUNDS_ASSIGN_OR_RETURN(const std::optional<LiveChunk> chunk, any_live_chunk(database, collection));
  if (!chunk) return std::string();
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           database.prepare("SELECT file, created FROM segments WHERE space = ? ORDER BY id DESC"));
  statement.bind(chunk->space);
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) break;
    std::optional<Generation> created;
    if (!statement.is_null(1)) created = static_cast<Generation>(statement.integer(1));
    // A damaged segment is another's affair: those that can be read may still tell.
    const auto segment = Segment::open(workspace.file_system(), workspace.segment_path(statement.text(0)));
    if (!segment) continue;
    const auto found = holds(**segment, created, *chunk);
    if (found && *found) return (*segment)->header().analyzer;
  }
  return fail(ErrorCode::kDamaged, "chunk " + chunk->id.hex() + " is live, but in no readable segment",
              "run: grounds doctor");
}

}  // namespace grounds
