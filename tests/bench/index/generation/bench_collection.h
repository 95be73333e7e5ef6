// What commit_bench makes and search_bench searches: random chunks with Zipf-like words, in a real workspace.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "index/generation/commit.h"

namespace grounds::bench {

inline constexpr std::uint32_t kDimension = 384, kWordsAChunk = 80;

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
  }
  return std::move(*result);
}
inline void must(const Status& status) {
  if (status) return;
  std::fprintf(stderr, "%s\n", status.error().message.c_str());
  std::exit(1);
}

// Of the clock, and of this thread's processor time, which other programs lengthen least.
double wall_seconds();
double processor_seconds();
// The value below which this share of them lies.
double quantile(std::vector<double> values, double share);

// The n-th word is drawn with a probability of about 1 / n.
std::string random_word(std::mt19937_64& random);
std::vector<std::int8_t> random_codes(std::mt19937_64& random);
// `chunks` chunks; the metadata's "bucket" is `number` modulo 100, so that a filter on it lets 1 % through.
CommitVersion random_document(CommitBatch& batch, std::int64_t space, int number, int chunks, std::mt19937_64& random);

}  // namespace grounds::bench
