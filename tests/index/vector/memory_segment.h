// A segment held in memory: lets the vector tests choose codes, ids and sizes freely.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "index/segment/postings.h"
#include "index/segment/segment.h"

namespace grounds::test {

struct Row {
  ChunkId id;
  std::vector<std::int8_t> codes;
};

class MemorySegment final : public Segment {
 public:
  // Orders the rows by id, as a segment file does.
  MemorySegment(std::uint32_t dimension, std::vector<Row> rows) {
    header_.dimension = dimension;
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.id < b.id; });
    for (const Row& row : rows) {
      ids_.push_back(row.id);
      codes_.insert(codes_.end(), row.codes.begin(), row.codes.end());
    }
  }

  const std::string& path() const override { return path_; }
  const SegmentHeader& header() const override { return header_; }
  std::uint32_t size() const override { return static_cast<std::uint32_t>(ids_.size()); }
  Result<std::span<const ChunkId>> ids() const override { return ids_; }
  Result<std::span<const std::int8_t>> codes() const override { return codes_; }
  Result<std::span<const std::int8_t>> codes_of(std::uint32_t ordinal) const override {
    return row(ordinal);
  }
  Status verify() const override { return {}; }
  std::vector<ContentSize> sizes() const override { return {}; }
  const std::array<std::uint64_t, kFieldCount>& total_lengths() const override { return lengths_; }

  Result<std::span<const Generation>> created() const override { return unused(); }
  Result<std::span<const std::int64_t>> documents() const override { return unused(); }
  Result<FieldLengths> lengths() const override { return unused(); }
  Result<std::vector<std::uint32_t>> find(const ChunkId&) const override { return unused(); }
  Result<std::optional<TermPostings>> find_term(std::string_view) const override {
    return unused();
  }
  Result<std::vector<Posting>> postings(std::string_view) const override { return unused(); }
  Result<std::vector<std::uint32_t>> body_positions(std::string_view,
                                                    std::uint32_t) const override {
    return unused();
  }
  std::unique_ptr<TermCursor> term_cursor() const override { return nullptr; }
  Result<std::vector<std::string>> terms_of(std::uint32_t) const override { return unused(); }

  std::span<const std::int8_t> row(std::uint32_t ordinal) const {
    return std::span(codes_).subspan(std::size_t{ordinal} * header_.dimension, header_.dimension);
  }

 private:
  static tl::unexpected<Error> unused() {
    return fail(ErrorCode::kInternal, "a memory segment holds vectors only");
  }

  std::string path_ = "memory";
  SegmentHeader header_;
  std::array<std::uint64_t, kFieldCount> lengths_{};
  std::vector<ChunkId> ids_;
  std::vector<std::int8_t> codes_;
};

inline ChunkId random_id(std::mt19937_64& random) {
  ChunkId id;
  for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
  return id;
}

// Codes in [-spread, spread]; a small spread makes many ties.
inline std::vector<std::int8_t> random_codes(std::mt19937_64& random, std::size_t dimension,
                                             int spread = 127) {
  std::uniform_int_distribution<int> code(-spread, spread);
  std::vector<std::int8_t> codes(dimension);
  for (auto& c : codes) c = static_cast<std::int8_t>(code(random));
  return codes;
}

// Codes as embeddings have them: points of a space of few dimensions turned into one of many, all of
// about one length.
class EmbeddingLike {
 public:
  EmbeddingLike(std::mt19937_64& random, std::size_t dimension, std::size_t latent = 12)
      : latent_(latent), projection_(dimension * latent) {
    for (double& weight : projection_) weight = normal_(random);
  }

  std::vector<std::int8_t> operator()(std::mt19937_64& random) {
    std::vector<double> point(latent_);
    for (double& coordinate : point) coordinate = normal_(random);
    std::vector<double> values(projection_.size() / latent_);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto weights = projection_.begin() + static_cast<std::ptrdiff_t>(i * latent_);
      values[i] = std::inner_product(point.begin(), point.end(), weights, 0.0);
    }
    const double squares = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
    const double scale = 127.0 / 6 * std::sqrt(static_cast<double>(values.size()) / squares);
    std::vector<std::int8_t> codes(values.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
      codes[i] = static_cast<std::int8_t>(std::clamp(values[i] * scale, -127.0, 127.0));
    }
    return codes;
  }

 private:
  std::size_t latent_;
  std::vector<double> projection_;
  std::normal_distribution<double> normal_;
};

inline std::shared_ptr<MemorySegment> embedding_like_segment(std::uint64_t seed, std::uint32_t count,
                                                             std::uint32_t dimension) {
  std::mt19937_64 random(seed);
  EmbeddingLike next(random, dimension);
  std::vector<Row> rows(count);
  for (Row& row : rows) row = {random_id(random), next(random)};
  return std::make_shared<MemorySegment>(dimension, std::move(rows));
}

inline SegmentView view_of(std::shared_ptr<const Segment> segment, Bitset eligible) {
  auto bits = std::make_shared<const Bitset>(std::move(eligible));
  return {std::move(segment), bits, bits};
}

}  // namespace grounds::test
