// Looks up chunks in one term's postings, in ascending order of their ordinals.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "grounds/result.h"
#include "index/segment/postings.h"

namespace grounds {

// Decodes only blocks that hold a chunk asked for. Not thread-safe; must not outlive the segment.
class PostingCursor {
 public:
  explicit PostingCursor(const TermPostings& term) : term_(term) {}

  const TermPostings& term() const { return term_; }
  // Whether the chunk has the term. Ordinals must not descend from call to call.
  bool seek(std::uint32_t ordinal);
  // Of the chunk found last. False: damaged.
  bool weighted_frequency(const FieldWeights& weights, std::uint32_t& frequency);
  bool body_positions(std::span<const std::uint32_t>& positions);
  // Once true, everything seek says is to be thrown away.
  bool damaged() const { return damaged_; }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  TermPostings term_;
  std::uint32_t block_ = 0;
  std::uint32_t at_ = 0;                   // in the decoded block
  std::uint32_t decoded_ = kNone;          // which block ordinals_ holds
  std::uint32_t decoded_weighted_ = kNone;
  std::uint32_t decoded_positions_ = kNone;
  bool damaged_ = false;
  std::array<std::uint32_t, segment_format::kPostingsPerBlock> ordinals_;
  std::array<std::uint32_t, segment_format::kPostingsPerBlock> weighted_;
  std::array<std::uint32_t, segment_format::kPostingsPerBlock + 1> position_starts_;
  std::vector<std::uint32_t> positions_;
};

// kDamaged, naming the segment.
tl::unexpected<Error> damaged_postings(const Segment& segment);

}  // namespace grounds
