#include "bench_collection.h"

#include <algorithm>
#include <cmath>

#include "base/hash.h"

namespace grounds::bench {
namespace {

double seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

double wall_seconds() { return seconds_of(CLOCK_MONOTONIC); }
double processor_seconds() { return seconds_of(CLOCK_THREAD_CPUTIME_ID); }

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

std::string random_word(std::mt19937_64& random) {
  const double u = static_cast<double>(random() >> 11) / 9007199254740992.0;
  return "w" + std::to_string(static_cast<int>(std::exp(u * 10.0)));
}

std::vector<std::int8_t> random_codes(std::mt19937_64& random) {
  std::vector<std::int8_t> codes(kDimension);
  for (auto& code : codes) code = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
  return codes;
}

CommitVersion random_document(CommitBatch& batch, std::int64_t space, int number, int chunks, std::mt19937_64& random) {
  CommitVersion version;
  version.uri = "doc" + std::to_string(number);
  version.parser = version.chunking = "bench";
  version.source_sha256 = sha256_hex(version.uri);
  version.space = space;
  version.groups = {"everyone"};
  version.metadata = "{\"bucket\":" + std::to_string(number % 100) + "}";
  version.extract_sha256 = batch.extracts.add("text of " + version.uri);
  version.map_sha256 = batch.extracts.add("{}");
  for (int i = 0; i < chunks; ++i) {
    CommitChunk chunk;
    chunk.end = 1;
    chunk.id = make_chunk_id(version.uri, version.source_sha256, "bench", static_cast<std::uint64_t>(i),
                             static_cast<std::uint64_t>(i) + 1);
    chunk.codes = random_codes(random);
    for (std::uint32_t p = 0; p < kWordsAChunk; ++p) chunk.terms[2].push_back({random_word(random), p, 0, 0});
    version.chunks.push_back(std::move(chunk));
  }
  return version;
}

}  // namespace grounds::bench
