// search_bench FOLDER [QUERIES]: opens the workspace that commit_bench made, and prints as JSON: milliseconds of opening it
// and of the first search, with the files out of the page cache and in it; of hybrid searches and of their legs, one
// after the other for each question; with a filter that lets 1 % through; at a past generation, after 2 % of the
// documents were deleted; memory and mapped bytes a chunk. Searches by the thread's processor time, the rest by
// the clock. Deletes every 50th document if they are there.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <numeric>

#include "base/canonical_json.h"
#include "bench_collection.h"
#include "index/generation/stats.h"
#include "index/vector/scan.h"
#include "retrieval/fusion.h"

namespace grounds::bench {
namespace {

const Principal kAdmin{"local", {}, true, true};
constexpr std::uint32_t kTop = 10;

// From the page cache; what this process has mapped stays.
void evict(const FileSystem& files, const std::string& folder) {
  ::sync();
  for (const DirectoryEntry& each : must(files.list(folder))) {
    const int descriptor = ::open((folder + "/" + each.name).c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) continue;
    (void)::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
    ::close(descriptor);
  }
}

// Kilobytes of a line of /proc/self/status.
double status_kb(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key + ":")) return std::atof(line.c_str() + key.size() + 1);
  return 0;
}

Query random_query(std::mt19937_64& random) {
  Query query;
  query.text = "a question";
  query.codes["bench"] = random_codes(random);
  for (int t = 0; t < 5; ++t) query.lexical.terms.push_back(random_word(random));
  std::sort(query.lexical.terms.begin(), query.lexical.terms.end());
  query.lexical.terms.erase(std::unique(query.lexical.terms.begin(), query.lexical.terms.end()), query.lexical.terms.end());
  return query;
}

template <class Work>
double milliseconds(Work work, double (*clock)() = processor_seconds) {
  const double begin = clock();
  work();
  return (clock() - begin) * 1e3;
}

struct Times {
  std::vector<double> hybrid, legs, vector, lexical;
};

// The legs as a hybrid search runs them, each by itself; then the hybrid search.
Times measure(const Snapshot& snapshot, const std::vector<Query>& queries) {
  Times times;
  for (const Query& query : queries) {
    const auto depth = static_cast<std::uint32_t>(query.settings.integer("search.candidates"));
    times.vector.push_back(milliseconds([&] { must(vector_search(snapshot.views, query.codes.at("bench"), depth)); }));
    times.lexical.push_back(milliseconds([&] {
      const LexicalStatistics statistics = must(lexical_statistics(snapshot.counted_views(query.settings), query.lexical.terms));
      must(lexical_search(snapshot.views, query.lexical, statistics, lexical_settings(query.settings), depth));
    }));
    times.legs.push_back(times.vector.back() + times.lexical.back());
    times.hybrid.push_back(milliseconds([&] { must(rank(snapshot, query, kTop)); }));
  }
  return times;
}

Json view(const std::vector<double>& values) {
  return {{"p50", quantile(values, 0.5)}, {"p95", quantile(values, 0.95)}, {"p99", quantile(values, 0.99)}};
}

Json view(const Times& times) {
  const auto sum = [](const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); };
  return {{"hybrid_ms", view(times.hybrid)},
          {"vector_ms", view(times.vector)},
          {"lexical_ms", view(times.lexical)},
          {"hybrid_over_legs", sum(times.hybrid) / sum(times.legs)}};
}

// Opening, the snapshot, and the first search, each by the clock.
Json open_times(const Environment& environment, const std::string& folder, const Query& query) {
  double open = 0, snapshot_time = 0, first = 0;
  std::shared_ptr<Workspace> workspace;
  open = milliseconds([&] { workspace = must(Workspace::open(environment, folder)); }, wall_seconds);
  Snapshots snapshots(*workspace);
  std::shared_ptr<const Snapshot> snapshot;
  snapshot_time = milliseconds([&] { snapshot = must(snapshots.get("default", kAdmin)); }, wall_seconds);
  first = milliseconds([&] { must(rank(*snapshot, query, kTop)); }, wall_seconds);
  return {{"open_ms", open + snapshot_time}, {"first_search_ms", first}};
}

// Deletes every 50th document; gives the generation before.
Generation delete_some(Workspace& workspace) {
  Collection collection = must(Catalog(workspace).find_collection("default"));
  CommitBatch batch;
  batch.analyzer = "bench";
  for (std::uint64_t i = 0; i < collection.documents; i += 50) batch.deleted.push_back("doc" + std::to_string(i));
  const CommitResult result = must(commit(workspace, collection, std::move(batch)));
  return result.deleted > 0 ? result.generation - 1 : result.generation;
}

Json memory_view(Workspace& workspace, double anonymous_kb) {
  const Collection collection = must(Catalog(workspace).find_collection("default"));
  const IndexStats stats = must(index_stats(workspace, collection));
  const auto chunks = static_cast<double>(stats.chunks_live + stats.chunks_retired);
  Json mapped = Json::object();
  for (const SpaceStats& space : stats.spaces)
    for (const auto& [kind, bytes] : space.bytes_by_kind) mapped[kind] = static_cast<double>(bytes) / chunks;
  return {{"chunks", chunks},
          {"segments", stats.segments},
          {"anonymous_mb", anonymous_kb / 1024},
          {"anonymous_bytes_a_chunk", anonymous_kb * 1024 / chunks},
          {"mapped_bytes_a_chunk", static_cast<double>(stats.segment_bytes) / chunks},
          {"mapped_bytes_a_chunk_by_kind", mapped}};
}

int run(const std::string& folder, int count) {
  FileSystem files;
  SystemClock clock;
  SystemRandom system_random;
  const Environment environment{files, clock, system_random};
  std::mt19937_64 random(2);
  std::vector<Query> queries;
  for (int i = 0; i < count; ++i) queries.push_back(random_query(random));
  Json report;
  for (const char* part : {"", "/segments"}) evict(files, folder + part);
  report["cold"] = open_times(environment, folder, queries.front());
  report["warm"] = open_times(environment, folder, queries.front());

  auto workspace = must(Workspace::open(environment, folder));
  Snapshots snapshots(*workspace);
  {
    const auto now = must(snapshots.get("default", kAdmin));
    measure(*now, {queries.begin(), queries.begin() + std::min(count, 5)});  // every block verified
    report["searches"] = view(measure(*now, queries));
    report["memory"] = memory_view(*workspace, status_kb("RssAnon"));
  }
  {
    const MetadataFilter filter = must(MetadataFilter::parse(std::vector<std::string>{"bucket=7"}));
    std::shared_ptr<const Snapshot> filtered;
    const double made = milliseconds([&] { filtered = must(snapshots.get("default", kAdmin, {}, {}, filter)); }, wall_seconds);
    report["one_in_100"] = view(measure(*filtered, queries));
    report["one_in_100"]["new_filter_ms"] = made;  // once for each filter and generation; then it is kept
  }
  const Generation before = delete_some(*workspace);
  report["after_deletion"] = view(measure(*must(snapshots.get("default", kAdmin)), queries));
  report["past"] = view(measure(*must(snapshots.get("default", kAdmin, before)), queries));
  std::printf("%s\n", report.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace grounds::bench

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: search_bench FOLDER [QUERIES]\n");
    return 2;
  }
  return grounds::bench::run(arguments[1], count > 2 ? std::max(1, std::atoi(arguments[2])) : 200);
}
