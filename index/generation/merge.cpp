#include "index/generation/merge.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "index/generation/garbage.h"
#include "index/generation/retained.h"
#include "index/generation/written_files.h"
#include "index/segment/segment.h"

namespace grounds {
namespace {

// Segments of one tier are at most this many times larger than each other, and so many of them are merged.
constexpr int kTierBits = 3;
constexpr std::size_t kFullTier = std::size_t{1} << kTierBits;
// A commit merges at most so many chunks itself, so that its time stays bounded; larger tiers are merged
// by whoever asks for kTiers, at the end of a job.
constexpr std::uint64_t kSmallChunks = 64 * 1024;

struct SegmentRow {
  std::int64_t id = 0, space = 0;
  std::string file, analyzer;
  std::optional<Generation> created;
  std::uint64_t chunks = 0;
};

using Group = std::vector<SegmentRow>;  // of one space and analyzer, by size

int tier_of(std::uint64_t chunks) { return std::bit_width(chunks) / kTierBits; }

std::uint64_t chunks_in(std::span<const SegmentRow> rows) {
  std::uint64_t sum = 0;
  for (const SegmentRow& row : rows) sum += row.chunks;
  return sum;
}

// How many of the smallest segments of the group to merge; 0: none. `limit`: most that may remain.
std::size_t count_to_merge(const Group& group, std::size_t limit, MergeExtent extent) {
  if (extent == MergeExtent::kAll) return group.size() > 1 ? group.size() : 0;
  for (std::size_t end = 1; end <= group.size(); ++end) {
    if (end < group.size() && tier_of(group[end].chunks) == tier_of(group[end - 1].chunks)) continue;
    const int tier = tier_of(group[end - 1].chunks);
    const auto of_tier = std::ranges::count_if(std::span(group).first(end),
                                               [&](const SegmentRow& row) { return tier_of(row.chunks) == tier; });
    if (static_cast<std::size_t>(of_tier) < kFullTier) continue;
    // The smaller ones come along: they cost little.
    if (extent == MergeExtent::kSmall && chunks_in(std::span(group).first(end)) > kSmallChunks) break;
    return end;
  }
  if (group.size() <= limit) return 0;
  return std::max(group.size() - limit + 1, std::min(kFullTier, group.size()));
}

class Merge {
 public:
  Merge(Workspace& workspace, Database& database, std::int64_t collection)
      : workspace_(workspace), database_(database), collection_(collection) {}

  Result<std::vector<Group>> read_groups() {
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        database_.prepare("SELECT g.id, g.space, g.file, g.analyzer, g.created, g.chunks FROM segments g "
                          "JOIN spaces s ON s.id = g.space WHERE s.collection = ? ORDER BY g.chunks, g.id"));
    statement.bind(collection_);
    std::map<std::pair<std::int64_t, std::string>, Group> groups;
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
      if (!row) break;
      SegmentRow segment{statement.integer(0), statement.integer(1), statement.text(2), statement.text(3), {},
                         static_cast<std::uint64_t>(statement.integer(5))};
      if (!statement.is_null(4)) segment.created = static_cast<Generation>(statement.integer(4));
      if (segment.analyzer.empty()) {
        // A row of format 1: only the file says it.
        GROUNDS_ASSIGN_OR_RETURN(auto opened, open(segment));
        segment.analyzer = opened->header().analyzer;
      }
      groups[{segment.space, segment.analyzer}].push_back(std::move(segment));
    }
    std::vector<Group> list;
    for (auto& [key, group] : groups) list.push_back(std::move(group));
    return list;
  }

  // The segments to merge next, or none.
  Result<Group> choose(MergeExtent extent) {
    GROUNDS_ASSIGN_OR_RETURN(std::vector<Group> groups, read_groups());
    const std::size_t limit = std::max<std::size_t>(1, kMaxSegments / std::max<std::size_t>(1, groups.size()));
    for (Group& group : groups) {
      const std::size_t count = count_to_merge(group, limit, extent);
      if (count == 0) continue;
      group.resize(count);
      return std::move(group);
    }
    if (extent == MergeExtent::kSmall) return Group{};
    return choose_wasteful(std::move(groups), extent == MergeExtent::kAll ? 0.0 : 0.25);
  }

  // Replaces `group` by one segment with what is still needed of it. In the caller's transaction.
  Status replace(const Group& group, WrittenFiles& written, MergeReport& report) {
    GROUNDS_ASSIGN_OR_RETURN(RetainedGenerations retained, RetainedGenerations::read(database_, collection_));
    std::vector<MergeInput> inputs;
    std::uint64_t kept = 0;
    for (const SegmentRow& row : group) {
      MergeInput input;
      GROUNDS_ASSIGN_OR_RETURN(input.segment, open(row));
      input.created = row.created;
      GROUNDS_ASSIGN_OR_RETURN(input.keep, needed(row, *input.segment, retained));
      report.chunks_dropped += input.segment->size() - input.keep.count();
      kept += input.keep.count();
      inputs.push_back(std::move(input));
    }
    if (kept > 0) {
      const std::string file = workspace_.new_id() + ".segment";
      const std::string path = workspace_.segment_path(file);
      GROUNDS_ASSIGN_OR_RETURN(SegmentSummary summary, merge_segments(workspace_.file_system(), path, inputs));
      written.add(path);
      GROUNDS_RETURN_IF_ERROR(database_.run(
          "INSERT INTO segments (space, file, created, published, chunks, bytes, sha256, analyzer) "
          "VALUES (?, ?, NULL, (SELECT max(generation) FROM generations WHERE collection = ?), ?, ?, ?, ?)",
          group.front().space, file, collection_, summary.chunks, summary.bytes, summary.sha256,
          group.front().analyzer));
    }
    for (const SegmentRow& row : group)
      GROUNDS_RETURN_IF_ERROR(database_.run("DELETE FROM segments WHERE id = ?", row.id));
    ++report.merges;
    report.segments_taken += group.size();
    return database_.run("UPDATE collections SET layout = layout + 1 WHERE id = ?", collection_);
  }

 private:
  Result<std::shared_ptr<const Segment>> open(const SegmentRow& row) const {
    return Segment::open(workspace_.file_system(), workspace_.segment_path(row.file));
  }

  // The chunks that a retained generation shows. The rows of the others are deleted with them, so that
  // catalog and segments hold the same chunks at any time.
  Result<Bitset> needed(const SegmentRow& row, const Segment& segment, const RetainedGenerations& retained) {
    Bitset keep(segment.size(), true);
    if (retained.all()) return keep;
    GROUNDS_ASSIGN_OR_RETURN(std::span<const ChunkId> ids, segment.ids());
    GROUNDS_ASSIGN_OR_RETURN(std::span<const Generation> each_created, segment.created());
    GROUNDS_ASSIGN_OR_RETURN(
        Statement look_up,
        database_.prepare("SELECT retired FROM chunks WHERE space = ? AND chunk_id = ? AND created = ?"));
    for (std::uint32_t i = 0; i < segment.size(); ++i) {
      const Generation created = row.created ? *row.created : each_created[i];
      std::span<const std::uint8_t> id(ids[i].bytes);
      look_up.bind(row.space, id, created);
      GROUNDS_ASSIGN_OR_RETURN(bool found, look_up.step());
      if (!found || look_up.is_null(0)) continue;  // not found: for `doctor` to report, not to be lost here
      if (retained.show(created, static_cast<Generation>(look_up.integer(0)))) continue;
      keep.clear(i);
      look_up.reset();
      GROUNDS_RETURN_IF_ERROR(database_.run("DELETE FROM chunks WHERE space = ? AND chunk_id = ? AND created = ?",
                                            row.space, id, created));
    }
    return keep;
  }

  // The segments of a group of which more than `share` is not needed any more.
  Result<Group> choose_wasteful(std::vector<Group> groups, double share) {
    GROUNDS_ASSIGN_OR_RETURN(RetainedGenerations retained, RetainedGenerations::read(database_, collection_));
    if (retained.all()) return Group{};
    for (Group& group : groups) {
      GROUNDS_ASSIGN_OR_RETURN(std::vector<std::uint64_t> waste, count_unneeded(group, retained));
      Group wasteful;
      for (std::size_t i = 0; i < group.size(); ++i)
        if (waste[i] > 0 && static_cast<double>(waste[i]) >= share * static_cast<double>(group[i].chunks))
          wasteful.push_back(std::move(group[i]));
      if (!wasteful.empty()) return wasteful;
    }
    return Group{};
  }

  Result<std::vector<std::uint64_t>> count_unneeded(const Group& group, const RetainedGenerations& retained) {
    struct Opened {
      std::shared_ptr<const Segment> segment;
      std::span<const ChunkId> ids;
      std::span<const Generation> each_created;
    };
    std::vector<Opened> opened;
    for (const SegmentRow& row : group) {
      Opened each;
      GROUNDS_ASSIGN_OR_RETURN(each.segment, open(row));
      GROUNDS_ASSIGN_OR_RETURN(each.ids, each.segment->ids());
      GROUNDS_ASSIGN_OR_RETURN(each.each_created, each.segment->created());
      opened.push_back(std::move(each));
    }
    std::vector<std::uint64_t> counts(group.size(), 0);
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        database_.prepare("SELECT chunk_id, created, retired FROM chunks WHERE space = ? AND retired IS NOT NULL"));
    statement.bind(group.front().space);
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool found, statement.step());
      if (!found) return counts;
      const auto created = static_cast<Generation>(statement.integer(1));
      if (retained.show(created, static_cast<Generation>(statement.integer(2)))) continue;
      ChunkId id;
      std::span<const std::uint8_t> bytes = statement.blob(0);
      std::memcpy(id.bytes.data(), bytes.data(), std::min(bytes.size(), id.bytes.size()));
      for (std::size_t s = 0; s < group.size(); ++s) {
        if (group[s].created && *group[s].created != created) continue;
        auto [first, last] = std::ranges::equal_range(opened[s].ids, id);
        for (auto at = first; at != last; ++at)
          counts[s] += group[s].created || opened[s].each_created[static_cast<std::size_t>(at - opened[s].ids.begin())] == created;
      }
    }
  }

  Workspace& workspace_;
  Database& database_;
  const std::int64_t collection_;
};

// One merge, if there is one to make; false: nothing was left to do.
Result<bool> merge_once(Workspace& workspace, Database& database, std::int64_t collection, MergeExtent extent,
                        MergeReport& report) {
  // Declared before the transaction: the file goes only after the rollback that makes it unneeded.
  WrittenFiles written(workspace.file_system());
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database));
  Merge merge(workspace, database, collection);
  GROUNDS_ASSIGN_OR_RETURN(Group group, merge.choose(extent));
  if (group.empty()) return false;
  MergeReport after = report;
  GROUNDS_RETURN_IF_ERROR(merge.replace(group, written, after));
  // From here on the outcome is the transaction's, as in a commit.
  written.keep();
  GROUNDS_RETURN_IF_ERROR(transaction.commit());
  report = after;
  return true;
}

}  // namespace

Result<MergeReport> merge_collection(Workspace& workspace, std::int64_t collection, MergeExtent extent) {
  MergeReport report;
  {
    GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
    if (extent == MergeExtent::kSmall) {
      // Most commits fill no tier: see that without taking the lock.
      GROUNDS_ASSIGN_OR_RETURN(ReadTransaction read, ReadTransaction::begin(*catalog));
      GROUNDS_ASSIGN_OR_RETURN(Group group, Merge(workspace, *catalog, collection).choose(extent));
      if (group.empty()) return report;
    }
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool merged, merge_once(workspace, *catalog, collection, extent, report));
      if (!merged) break;
    }
  }
  // The merges stand. What cannot be removed now is garbage, which the next merge or `doctor` removes.
  if (report.merges > 0)
    if (auto removed = collect_garbage(workspace); !removed)
      log_warning("merged segments, but the old files remain: " + removed.error().message);
  return report;
}

}  // namespace grounds
