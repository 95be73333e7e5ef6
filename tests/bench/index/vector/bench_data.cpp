#include "bench_data.h"

#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>

namespace grounds::bench {
namespace {

constexpr std::uint64_t kSeed = 20240607;
constexpr std::size_t kQueries = 200;

void fill(std::mt19937_64& random, std::span<const float> projection, std::span<std::int8_t> codes) {
  std::normal_distribution<float> normal;
  float point[kLatent];
  for (float& coordinate : point) coordinate = normal(random);
  float values[kDimension];
  float squares = 0;
  for (std::size_t i = 0; i < kDimension; ++i) {
    float value = 0;
    for (std::size_t j = 0; j < kLatent; ++j) value += point[j] * projection[i * kLatent + j];
    values[i] = value;
    squares += value * value;
  }
  const float scale = 127.0F * std::sqrt(float{kDimension}) / 6 / std::sqrt(squares);
  for (std::size_t i = 0; i < kDimension; ++i) {
    codes[i] = static_cast<std::int8_t>(std::nearbyint(std::clamp(values[i] * scale, -127.0F, 127.0F)));
  }
}

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << result.error().message << "\n";
  std::exit(1);
}

}  // namespace

BenchData::BenchData() {
  std::string name = (std::filesystem::temp_directory_path() / "grounds-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) std::exit(1);
  folder_ = name;
  std::mt19937_64 random(kSeed);
  std::normal_distribution<float> normal;
  projection_.resize(kDimension * kLatent);
  for (float& weight : projection_) weight = normal(random);
  queries_.assign(kQueries, std::vector<std::int8_t>(kDimension));
  for (auto& query : queries_) fill(random, projection_, query);
}

BenchData::~BenchData() {
  segments_.clear();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::vector<NewChunk> BenchData::chunks(std::uint32_t rows) const {
  std::mt19937_64 random(kSeed + 1);
  std::vector<NewChunk> chunks(rows);
  for (NewChunk& chunk : chunks) {
    const std::uint64_t parts[] = {random(), random()};
    std::memcpy(chunk.id.bytes.data(), parts, sizeof parts);
    chunk.codes.resize(kDimension);
    fill(random, projection_, chunk.codes);
  }
  return chunks;
}

std::shared_ptr<const Segment> BenchData::segment(std::uint32_t rows) {
  for (const auto& segment : segments_) {
    if (segment->size() == rows) return segment;
  }
  const FileSystem file_system;
  const std::string path = folder_ + "/" + std::to_string(rows);
  must(write_segment(file_system, path, {"bench", kDimension, "none"}, chunks(rows)));
  segments_.push_back(must(Segment::open(file_system, path)));
  return segments_.back();
}

bool BenchData::export_to(const std::string& folder, std::uint32_t rows) {
  std::ofstream codes(folder + "/codes.i8", std::ios::binary);
  std::ofstream queries(folder + "/queries.i8", std::ios::binary);
  const auto write = [](std::ofstream& file, std::span<const std::int8_t> row) {
    file.write(reinterpret_cast<const char*>(row.data()), static_cast<std::streamsize>(row.size()));
  };
  for (const NewChunk& chunk : chunks(rows)) write(codes, chunk.codes);
  for (const auto& query : queries_) write(queries, query);
  return codes.flush() && queries.flush();
}

#if defined(__x86_64__)
// 512-bit loads read memory no faster here, rather slower.
__attribute__((target_clones("avx2", "default")))
#endif
static std::uint64_t sum_words(const std::uint64_t* words, std::size_t count) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += words[i];
  return sum;
}

// Segment codes are aligned to 64 bytes, and the rest below eight bytes does not count.
std::uint64_t plain_read(std::span<const std::int8_t> bytes) {
  return sum_words(reinterpret_cast<const std::uint64_t*>(bytes.data()), bytes.size() / 8);
}

std::uint64_t plain_read(std::span<const std::int8_t> bytes, int threads) {
  const std::size_t share = bytes.size() / static_cast<std::size_t>(threads) / 64 * 64;
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(threads));
  {
    std::vector<std::jthread> others;
    for (std::size_t t = 1; t < sums.size(); ++t) {
      others.emplace_back([&, t] { sums[t] = plain_read(bytes.subspan(t * share, share)); });
    }
    sums[0] = plain_read(bytes.first(share));
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t part : sums) sum += part;
  return sum;
}

}  // namespace grounds::bench
