// commit_bench FOLDER [CHUNKS] [COMMITS]: makes a collection of CHUNKS random chunks of 384 dimensions in
// FOLDER (made anew), commits COMMITS documents of one chunk each, and prints as JSON: milliseconds of a
// commit, by hundreds and over all; of five syncs of a small file in the same folder, measured in between; of a
// search before and after by the thread's processor time; and the segments.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench_collection.h"
#include "index/generation/merge.h"
#include "index/generation/snapshot.h"
#include "index/lexical/lexical_search.h"
#include "index/vector/scan.h"

namespace grounds::bench {
namespace {

const Principal kAdmin{"local", {}, true, true};

struct Searches {
  std::vector<double> vector, lexical, snapshot;
};

void search(Snapshots& snapshots, std::mt19937_64& random, int times, Searches& searches) {
  double begin = wall_seconds();
  auto snapshot = must(snapshots.get("default", kAdmin));
  searches.snapshot.push_back(wall_seconds() - begin);
  for (int i = 0; i < times; ++i) {
    const std::vector<std::int8_t> query = random_codes(random);
    begin = processor_seconds();
    must(vector_search(snapshot->views, query, 10));
    searches.vector.push_back(processor_seconds() - begin);
    LexicalQuery lexical;
    for (int t = 0; t < 5; ++t) lexical.terms.push_back(random_word(random));
    std::sort(lexical.terms.begin(), lexical.terms.end());
    lexical.terms.erase(std::unique(lexical.terms.begin(), lexical.terms.end()), lexical.terms.end());
    begin = processor_seconds();
    LexicalStatistics statistics = must(lexical_statistics(snapshot->views, lexical.terms));
    must(lexical_search(snapshot->views, lexical, statistics, LexicalSettings{}, 10));
    searches.lexical.push_back(processor_seconds() - begin);
  }
}

double five_syncs(const FileSystem& files, const std::string& path) {
  File file = must(files.open(path, OpenMode::kTruncate));
  const std::string block(4096, 'x');
  const double begin = wall_seconds();
  for (std::uint64_t i = 0; i < 5; ++i) {
    must(file.write(i * block.size(), std::as_bytes(std::span(block))));
    must(file.sync());
  }
  return wall_seconds() - begin;
}

int run(const std::string& folder, int chunks, int commits) {
  FileSystem files;
  SystemClock clock;
  SystemRandom system_random;
  std::mt19937_64 random(1);
  auto workspace = must(Workspace::init({files, clock, system_random}, folder));
  Collection collection = must(Catalog(*workspace).create_collection(
      "default", {{0, "*", "bench", "{}", kDimension}}, Settings(), "bench"));
  int number = 0;
  for (int done = 0; done < chunks;) {
    CommitBatch batch;
    batch.analyzer = "bench";
    for (int i = 0; i < 200 && done < chunks; ++i, done += 100)
      batch.versions.push_back(random_document(batch, collection.spaces[0].id, number++, 100, random));
    must(commit(*workspace, collection, std::move(batch)));
  }
  must(merge_collection(*workspace, collection.id, MergeExtent::kTiers));  // as at the end of a job
  Snapshots snapshots(*workspace);
  Searches warm, before, after, last;
  search(snapshots, random, 3, warm);
  search(snapshots, random, 50, before);
  const auto segments = [&] { return must(snapshots.get("default", kAdmin))->views.size(); };
  const std::size_t segments_before = segments();
  std::vector<double> commit_seconds, sync_seconds;
  std::size_t most_segments = 0;
  for (int i = 0; i < commits; ++i) {
    CommitBatch batch;
    batch.analyzer = "bench";
    batch.versions.push_back(random_document(batch, collection.spaces[0].id, number++, 1, random));
    const double begin = wall_seconds();
    must(commit(*workspace, collection, std::move(batch)));
    commit_seconds.push_back(wall_seconds() - begin);
    if (i % 10 != 0) continue;
    sync_seconds.push_back(five_syncs(files, folder + "/sync.tmp"));
    search(snapshots, random, 1, after);
    most_segments = std::max(most_segments, segments());
  }
  search(snapshots, random, 50, last);
  const auto ms = [](const std::vector<double>& values, double share) { return quantile(values, share) * 1000; };
  const std::size_t tenth = std::max<std::size_t>(1, commit_seconds.size() / 10);
  const std::vector<double> first(commit_seconds.begin(), commit_seconds.begin() + static_cast<std::ptrdiff_t>(tenth));
  const std::vector<double> latest(commit_seconds.end() - static_cast<std::ptrdiff_t>(tenth), commit_seconds.end());
  std::printf(
      "{\"chunks\":%d,\"commits\":%d,\"commit_ms\":{\"p50\":%.2f,\"p99\":%.2f},\"first_tenth_ms\":{\"p50\":%.2f,\"p99\":%.2f},"
      "\"last_tenth_ms\":{\"p50\":%.2f,\"p99\":%.2f},\"five_syncs_ms\":{\"p50\":%.2f,\"p99\":%.2f},"
      "\"segments\":{\"before\":%zu,\"most\":%zu},"
      "\"vector_ms\":{\"before\":%.3f,\"after\":%.3f},\"lexical_ms\":{\"before\":%.3f,\"after\":%.3f},"
      "\"new_snapshot_ms\":%.3f}\n",
      chunks, commits, ms(commit_seconds, 0.5), ms(commit_seconds, 0.99), ms(first, 0.5), ms(first, 0.99), ms(latest, 0.5),
      ms(latest, 0.99), ms(sync_seconds, 0.5), ms(sync_seconds, 0.99), segments_before, most_segments, ms(before.vector, 0.5),
      ms(last.vector, 0.5), ms(before.lexical, 0.5), ms(last.lexical, 0.5), ms(after.snapshot, 0.5));
  return 0;
}

}  // namespace
}  // namespace grounds::bench

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: commit_bench FOLDER [CHUNKS] [COMMITS]\n");
    return 2;
  }
  return grounds::bench::run(arguments[1], count > 2 ? std::atoi(arguments[2]) : 100000,
                             count > 3 ? std::atoi(arguments[3]) : 1000);
}
