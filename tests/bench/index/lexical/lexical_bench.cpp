// Builds a segment from a corpus of word numbers and times queries on it, one thread.
//
// lexical_bench CORPUS FOLDER RUNS [verify]
// CORPUS: uint32 chunks, words a chunk, query groups; the words of all chunks; then for each group: uint32
// queries, terms a query, the words of all queries. Prints one line per group, and what verify finds:
// every query again by scoring every chunk. A segment that is in FOLDER already is used again.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "base/hash.h"
#include "index/lexical/lexical_search.h"

using namespace grounds;

namespace {

constexpr std::uint32_t kTop = 50;
constexpr std::uint32_t kChunksAtOnce = 20'000;

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

struct Reader {
  std::vector<std::uint32_t> numbers;
  std::size_t at = 0;
  std::uint32_t next() { return numbers.at(at++); }
};

std::string word(std::uint32_t number) {
  std::string text = "w";
  text += std::to_string(number);
  return text;
}

[[noreturn]] void stop(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  std::exit(1);
}
template <class T>
T value(Result<T> result) {
  if (!result) stop(result.error());
  return std::move(*result);
}

std::shared_ptr<const Segment> build(const FileSystem& files, const std::string& folder, Reader& reader, std::uint32_t chunks, std::uint32_t words) {
  if (files.exists(folder + "/merged")) {  // of an earlier run
    reader.at += std::size_t{chunks} * words;
    return value(Segment::open(files, folder + "/merged"));
  }
  const auto start = std::chrono::steady_clock::now();
  std::vector<MergeInput> inputs;
  for (std::uint32_t begin = 0; begin < chunks; begin += kChunksAtOnce) {
    std::vector<NewChunk> part(std::min(kChunksAtOnce, chunks - begin));
    for (std::uint32_t i = 0; i < part.size(); ++i) {
      part[i].id = make_chunk_id(std::to_string(begin + i), "", "", 0, 0);
      for (std::uint32_t w = 0; w < words; ++w) part[i].terms[2].push_back({word(reader.next()), w, 0, 0});
    }
    const std::string path = folder + "/part" + std::to_string(begin);
    value(write_segment(files, path, {"none", 0, "bench"}, std::move(part)));
    auto segment = value(Segment::open(files, path));
    const std::uint32_t size = segment->size();
    inputs.push_back({std::move(segment), Bitset(size, true), 1});
  }
  const double written = milliseconds_since(start);
  const auto summary = value(merge_segments(files, folder + "/merged", inputs));
  auto segment = value(Segment::open(files, folder + "/merged"));
  std::printf("grounds build: write %.1f s, merge %.1f s, %.0f bytes a chunk:", written / 1e3, milliseconds_since(start) / 1e3 - written / 1e3,
              static_cast<double>(summary.bytes) / chunks);
  for (const ContentSize& size : segment->sizes()) {
    std::printf(" %s %.0f", std::string(size.kind).c_str(), static_cast<double>(size.bytes) / chunks);
  }
  std::printf("\n");
  return segment;
}

// All chunks scored, sorted, cut.
bool equals_brute_force(const std::vector<SegmentView>& views, const LexicalQuery& query, const LexicalStatistics& statistics,
                        const std::vector<Hit>& hits) {
  const auto ids = value(views[0].segment->ids());
  std::vector<Hit> all(ids.size());
  for (std::uint32_t i = 0; i < ids.size(); ++i) all[i] = {0, i, ids[i], 0};
  const auto scores = value(lexical_scores(views, query, statistics, {}, all));
  for (std::uint32_t i = 0; i < ids.size(); ++i) all[i].score = scores[i];
  std::erase_if(all, [](const Hit& hit) { return hit.score == 0; });
  std::sort(all.begin(), all.end(), [](const Hit& a, const Hit& b) { return a.score != b.score ? a.score > b.score : a.id < b.id; });
  if (all.size() > kTop) all.resize(kTop);
  return std::equal(all.begin(), all.end(), hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.id == b.id && a.score == b.score; });
}

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(q * static_cast<double>(values.size())))];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const FileSystem files;
  Reader reader;
  {
    const std::string bytes = value(files.read(argv[1]));
    reader.numbers.resize(bytes.size() / 4);
    std::memcpy(reader.numbers.data(), bytes.data(), reader.numbers.size() * 4);
  }
  const int runs = std::atoi(argv[3]);
  const bool verify = argc > 4;
  const std::uint32_t chunks = reader.next(), words = reader.next(), groups = reader.next();
  const std::vector<SegmentView> views{{build(files, argv[2], reader, chunks, words), nullptr, nullptr}};

  for (std::uint32_t group = 0; group < groups; ++group) {
    const std::uint32_t count = reader.next(), terms = reader.next();
    std::vector<double> medians, statistics_times;
    std::uint32_t wrong = 0;
    for (std::uint32_t q = 0; q < count; ++q) {
      LexicalQuery query;
      for (std::uint32_t t = 0; t < terms; ++t) query.terms.push_back(word(reader.next()));
      std::vector<double> times, counting;
      for (int run = -1; run < runs; ++run) {  // the first warms up
        const auto start = std::chrono::steady_clock::now();
        const auto statistics = value(lexical_statistics(views, query.terms));
        const double counted = milliseconds_since(start);
        const auto hits = value(lexical_search(views, query, statistics, {}, kTop));
        if (run >= 0) {
          times.push_back(milliseconds_since(start));
          counting.push_back(counted);
        } else if (verify) {
          wrong += !equals_brute_force(views, query, statistics, hits);
        }
      }
      medians.push_back(quantile(times, 0.5));
      statistics_times.push_back(quantile(counting, 0.5));
    }
    std::printf("grounds %u terms: p50 %.3f ms, p95 %.3f ms (of it statistics p50 %.3f)", terms, quantile(medians, 0.5), quantile(medians, 0.95),
                quantile(statistics_times, 0.5));
    if (verify) std::printf(", %u of %u differ from brute force", wrong, count);
    std::printf("\n");
  }
  return 0;
}
