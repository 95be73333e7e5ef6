// The vectors that the benchmarks measure on, in real segment files that are made once and removed at
// the end. The same seed gives the same vectors, here and in what --export writes for the peers.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "index/segment/segment.h"

namespace grounds::bench {

inline constexpr std::uint32_t kDimension = 384;

// Like embeddings: normalised, within a space of kLatent dimensions, quantised at 127 * sqrt(d) / 6.
inline constexpr std::size_t kLatent = 24;

class BenchData {
 public:
  BenchData();  // makes a folder below the system's temporary one
  ~BenchData();
  BenchData(const BenchData&) = delete;
  BenchData& operator=(const BenchData&) = delete;

  // A segment file with so many chunks, mapped.
  std::shared_ptr<const Segment> segment(std::uint32_t rows);
  // Vectors of the same kind that no segment holds.
  const std::vector<std::vector<std::int8_t>>& queries() const { return queries_; }

  // Writes `rows` vectors and all queries to FOLDER/codes.i8 and FOLDER/queries.i8, row by row. False
  // if that fails.
  bool export_to(const std::string& folder, std::uint32_t rows);

 private:
  std::vector<NewChunk> chunks(std::uint32_t rows) const;

  std::string folder_;
  std::vector<float> projection_;
  std::vector<std::vector<std::int8_t>> queries_;
  std::vector<std::shared_ptr<const Segment>> segments_;
};

// Reads all of `bytes` and returns their sum: what a plain read costs, with the loads that do it fastest.
std::uint64_t plain_read(std::span<const std::int8_t> bytes);
// The same by so many threads, each its own part.
std::uint64_t plain_read(std::span<const std::int8_t> bytes, int threads);

}  // namespace grounds::bench
