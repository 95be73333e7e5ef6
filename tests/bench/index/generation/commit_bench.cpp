// commit_bench FOLDER [CHUNKS] [COMMITS]: makes a collection of CHUNKS random chunks of 384 dimensions in
// FOLDER (made anew), commits COMMITS documents of one chunk each, and prints as JSON: milliseconds of a
// commit, of five syncs of a small file in the same folder, of a search before and after, and the segments.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/hash.h"
#include "index/generation/commit.h"
#include "index/generation/snapshot.h"
#include "index/generation/stats.h"
#include "index/lexical/lexical_search.h"
#include "index/vector/scan.h"

namespace {

using namespace grounds;

constexpr std::uint32_t kDimension = 384;

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
  }
  return std::move(*result);
}
void must(const Status& status) {
  if (!status) {
    std::fprintf(stderr, "%s\n", status.error().message.c_str());
    std::exit(1);
  }
}

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double at(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

// Zipf-like: the n-th word is drawn with a probability of about 1 / n.
std::string word(std::mt19937_64& random) {
  const double u = static_cast<double>(random() >> 11) / 9007199254740992.0;
  return "w" + std::to_string(static_cast<int>(std::exp(u * 10.0)));
}

CommitVersion document(CommitBatch& batch, std::int64_t space, int number, int chunks, std::mt19937_64& random) {
  CommitVersion version;
  version.uri = "doc" + std::to_string(number);
  version.parser = version.chunking = "bench";
  version.source_sha256 = sha256_hex(version.uri);
  version.space = space;
  version.groups = {"everyone"};
  version.extract_sha256 = batch.extracts.add("text of " + version.uri);
  version.map_sha256 = batch.extracts.add("{}");
  for (int i = 0; i < chunks; ++i) {
    CommitChunk chunk;
    chunk.end = 1;
    chunk.id = make_chunk_id(version.uri, version.source_sha256, "bench", static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(i) + 1);
    chunk.codes.resize(kDimension);
    for (auto& code : chunk.codes) code = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
    for (std::uint32_t p = 0; p < 80; ++p) chunk.terms[2].push_back({word(random), p, 0, 0});
    version.chunks.push_back(std::move(chunk));
  }
  return version;
}

struct Searches {
  std::vector<double> vector, lexical, snapshot;
};

void search(Workspace& workspace, Snapshots& snapshots, std::mt19937_64& random, int times, Searches& searches) {
  const Principal admin{"local", {}, true, true};
  (void)workspace;
  double begin = seconds();
  auto snapshot = must(snapshots.get("default", admin));
  searches.snapshot.push_back(seconds() - begin);
  for (int i = 0; i < times; ++i) {
    std::vector<std::int8_t> query(kDimension);
    for (auto& code : query) code = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
    begin = seconds();
    must(vector_search(snapshot->views, query, 10));
    searches.vector.push_back(seconds() - begin);
    LexicalQuery lexical;
    for (int t = 0; t < 5; ++t) lexical.terms.push_back(word(random));
    std::sort(lexical.terms.begin(), lexical.terms.end());
    lexical.terms.erase(std::unique(lexical.terms.begin(), lexical.terms.end()), lexical.terms.end());
    begin = seconds();
    LexicalStatistics statistics = must(lexical_statistics(snapshot->views, lexical.terms));
    must(lexical_search(snapshot->views, lexical, statistics, LexicalSettings{}, 10));
    searches.lexical.push_back(seconds() - begin);
  }
}

double five_syncs(const FileSystem& files, const std::string& path) {
  File file = must(files.open(path, OpenMode::kTruncate));
  const std::string block(4096, 'x');
  const double begin = seconds();
  for (std::uint64_t i = 0; i < 5; ++i) {
    must(file.write(i * block.size(), std::as_bytes(std::span(block))));
    must(file.sync());
  }
  return seconds() - begin;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: commit_bench FOLDER [CHUNKS] [COMMITS]\n");
    return 2;
  }
  const std::string folder = arguments[1];
  const int chunks = count > 2 ? std::atoi(arguments[2]) : 100000, commits = count > 3 ? std::atoi(arguments[3]) : 1000;
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
      batch.versions.push_back(document(batch, collection.spaces[0].id, number++, 100, random));
    must(commit(*workspace, collection, std::move(batch)));
  }
  Snapshots snapshots(*workspace);
  Searches warm, before, after;
  search(*workspace, snapshots, random, 3, warm);
  search(*workspace, snapshots, random, 50, before);
  const std::uint64_t segments_before = must(index_stats(*workspace, must(Catalog(*workspace).find_collection("default")))).segments;
  std::vector<double> commit_seconds, sync_seconds, first_search;
  std::uint64_t most_segments = 0;
  for (int i = 0; i < commits; ++i) {
    CommitBatch batch;
    batch.analyzer = "bench";
    batch.versions.push_back(document(batch, collection.spaces[0].id, number++, 1, random));
    const double begin = seconds();
    must(commit(*workspace, collection, std::move(batch)));
    commit_seconds.push_back(seconds() - begin);
    if (i % 10 != 0) continue;
    sync_seconds.push_back(five_syncs(files, folder + "/sync.tmp"));
    search(*workspace, snapshots, random, 1, after);
    most_segments = std::max(most_segments, static_cast<std::uint64_t>(must(snapshots.get("default", {"local", {}, true, true}))->views.size()));
  }
  Searches last;
  search(*workspace, snapshots, random, 50, last);
  const auto ms = [](double value) { return value * 1000; };
  std::printf(
      "{\"chunks\":%d,\"commits\":%d,\"commit_ms\":{\"p50\":%.2f,\"p99\":%.2f},\"five_syncs_ms\":{\"p50\":%.2f,\"p99\":%.2f},"
      "\"segments\":{\"before\":%llu,\"most\":%llu},"
      "\"vector_ms\":{\"before\":%.3f,\"after\":%.3f},\"lexical_ms\":{\"before\":%.3f,\"after\":%.3f},"
      "\"new_snapshot_ms\":%.3f}\n",
      chunks, commits, ms(at(commit_seconds, 0.5)), ms(at(commit_seconds, 0.99)), ms(at(sync_seconds, 0.5)),
      ms(at(sync_seconds, 0.99)), static_cast<unsigned long long>(segments_before),
      static_cast<unsigned long long>(most_segments), ms(at(before.vector, 0.5)), ms(at(last.vector, 0.5)),
      ms(at(before.lexical, 0.5)), ms(at(last.lexical, 0.5)), ms(at(after.snapshot, 0.5)));
  return 0;
}
