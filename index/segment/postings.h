// The postings of one term in one segment, block by block.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "grounds/result.h"
#include "index/segment/format.h"
#include "index/segment/segment.h"

namespace grounds {

using FieldWeights = std::array<std::uint32_t, kFieldCount>;
// Weights above this are refused by whoever takes them from outside: sums stay below 2^32.
inline constexpr std::uint32_t kMaxFieldWeight = 255;

// Views into the segment. Checked against the file's bounds; the numbers inside are checked on decoding.
struct TermPostings {
  std::uint32_t document_frequency = 0;
  std::uint32_t segment_size = 0;
  // A list of at most kPostingsPerBlock postings has no entries: it is one short block.
  std::span<const segment_format::BlockEntry> entries;
  std::array<segment_format::Impact, 2> impacts{};     // of the whole list; only with entries
  std::span<const std::uint8_t> blocks;
  std::span<const std::uint8_t> positions;

  std::uint32_t block_count() const {
    return (document_frequency + segment_format::kPostingsPerBlock - 1) / segment_format::kPostingsPerBlock;
  }
  std::uint32_t block_size(std::uint32_t block) const {
    const std::uint32_t before = block * segment_format::kPostingsPerBlock;
    return std::min(document_frequency - before, segment_format::kPostingsPerBlock);
  }
};

// The terms of a segment in byte order. Not thread-safe.
class TermCursor {
 public:
  virtual ~TermCursor() = default;
  // Moves to the next term (at first: the first). False: there is none.
  virtual Result<bool> next() = 0;
  virtual std::string_view term() const = 0;  // until next()
  virtual Result<TermPostings> postings() const = 0;
};

// Ordinals of a block, strictly increasing and below segment_size, into out[128]. False: damaged.
bool decode_ordinals(const TermPostings& term, std::uint32_t block, std::uint32_t* out);

// For each posting of a block the sum of its frequencies times the weights, into out[128]. False: damaged.
bool decode_weighted_frequencies(const TermPostings& term, std::uint32_t block, const FieldWeights& weights,
                                 std::uint32_t* out);

// The same for one posting of a block alone.
bool decode_weighted_frequency(const TermPostings& term, std::uint32_t block, std::uint32_t index,
                               const FieldWeights& weights, std::uint32_t& out);

// For each posting of a block its frequency in one field, into out[128]. False: damaged.
bool decode_frequencies(const TermPostings& term, std::uint32_t block, std::size_t field, std::uint32_t* out);

// Body positions of all postings of a block, one after the other: as many for each as its body frequency,
// ascending within each. False: damaged.
bool decode_positions(const TermPostings& term, std::uint32_t block, std::span<const std::uint32_t> body_frequencies,
                      std::vector<std::uint32_t>& out);

}  // namespace grounds
