// Lexical search by brute force over the chunks themselves, and collections cut into segments at random.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "index/lexical/lexical_search.h"
#include "tests/index/random_chunks.h"

namespace grounds::testing {

// A chunk with what a query may see of it.
struct OracleChunk {
  NewChunk chunk;
  bool live = true;
  bool eligible = true;   // implies live
};

LexicalStatistics oracle_statistics(const std::vector<OracleChunk>& chunks, const std::vector<std::string>& terms);

struct OracleHit {
  ChunkId id;
  std::int64_t score;
  friend bool operator==(const OracleHit&, const OracleHit&) = default;
};
// The score of one chunk; 0 without a match.
std::int64_t oracle_score(const NewChunk& chunk, const LexicalQuery& query, const LexicalStatistics& statistics,
                          const LexicalSettings& settings);
bool oracle_holds(const NewChunk& chunk, const LexicalPhrase& phrase);
std::vector<OracleHit> oracle_search(const std::vector<OracleChunk>& chunks, const LexicalQuery& query,
                                     const LexicalStatistics& statistics, const LexicalSettings& settings, std::uint32_t k);

// Writes the chunks to `count` segments at random, and gives views with their live and eligible sets.
std::vector<SegmentView> split(const FileSystem& files, const TemporaryFolder& folder, const std::string& name,
                               const std::vector<OracleChunk>& chunks, std::size_t count, std::mt19937_64& random);

// (id, score) of hits, to compare with the oracle's.
std::vector<OracleHit> plain(const std::vector<Hit>& hits);

}  // namespace grounds::testing
