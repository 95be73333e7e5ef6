// Chunks made from a seed, and a folder for their files.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "index/segment/segment.h"

namespace grounds::testing {

// A folder of its own, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "grounds-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct ChunkShape {
  std::uint32_t count = 100;
  std::uint32_t vocabulary = 50;
  std::uint32_t max_body = 60;
  std::uint32_t dimension = 8;
  bool with_created = false;
};

inline std::string numbered(char letter, std::uint64_t number) {
  std::string text(1, letter);
  text += std::to_string(number);
  return text;
}

inline std::vector<Token> random_tokens(std::mt19937_64& random, std::uint32_t count, std::uint32_t vocabulary) {
  std::vector<Token> tokens;
  std::uint32_t position = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    // Squaring makes low numbers frequent; a variant now and then shares its word's position.
    const double u = std::uniform_real_distribution<double>(0, 1)(random);
    const auto word = static_cast<std::uint32_t>(u * u * u * vocabulary);
    tokens.push_back({numbered('w', word), position, 0, 0});
    if (random() % 8 == 0) tokens.push_back({numbered('v', word), position, 0, 0});
    position += random() % 16 == 0 ? 2 : 1;
  }
  return tokens;
}

inline std::vector<NewChunk> random_chunks(std::mt19937_64& random, const ChunkShape& shape) {
  std::vector<NewChunk> chunks(shape.count);
  for (NewChunk& chunk : chunks) {
    for (std::uint8_t& byte : chunk.id.bytes) byte = static_cast<std::uint8_t>(random());
    if (shape.with_created) chunk.created = random() % 5 + 1;
    chunk.document = static_cast<std::int64_t>(random() % 1000);
    for (std::uint32_t i = 0; i < shape.dimension; ++i) chunk.codes.push_back(static_cast<std::int8_t>(random() % 255 - 127));
    chunk.terms[0] = random_tokens(random, static_cast<std::uint32_t>(random() % 5), shape.vocabulary);
    chunk.terms[1] = random_tokens(random, static_cast<std::uint32_t>(random() % 4), shape.vocabulary);
    chunk.terms[2] = random_tokens(random, static_cast<std::uint32_t>(random() % (shape.max_body + 1)), shape.vocabulary);
    chunk.terms[3] = random_tokens(random, static_cast<std::uint32_t>(random() % 3), shape.vocabulary);
  }
  return chunks;
}

inline void sort_chunks(std::vector<NewChunk>& chunks) {
  std::sort(chunks.begin(), chunks.end(), [](const NewChunk& a, const NewChunk& b) { return std::tie(a.id, a.created) < std::tie(b.id, b.created); });
}

}  // namespace grounds::testing
