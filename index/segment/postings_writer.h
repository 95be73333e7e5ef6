// Encodes the postings of one term; the counterpart of postings.h.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "index/segment/format.h"
#include "index/segment/segment.h"

namespace grounds {

struct EncodedTerm {
  std::string postings;    // list header, block entries and blocks
  std::string positions;
};

// Chooses block bounds that are tight for the default weights and the segment's own average length;
// they hold for any other weights and any statistics as well.
class PostingsWriter {
 public:
  // `lengths`: four a chunk, for all chunks of the segment; must outlive this.
  PostingsWriter(std::span<const std::uint32_t> lengths, const std::array<std::uint64_t, kFieldCount>& total_lengths,
                 std::uint32_t chunks);

  // `positions`: body positions of all postings, one after the other, ascending within each. The result
  // is valid until the next call. kRefused: more than 4 GiB for one term.
  Result<const EncodedTerm*> encode(std::span<const Posting> postings, std::span<const std::uint32_t> positions);

 private:
  void encode_short(std::span<const Posting> postings, std::uint32_t before, std::span<const std::uint32_t> positions);
  segment_format::BlockWidths encode_full(std::span<const Posting> postings, std::uint32_t before,
                                          std::span<const std::uint32_t> positions);
  std::array<segment_format::Impact, 2> impacts_of(std::span<const Posting> postings);
  double weight(std::uint64_t frequency, std::uint64_t length) const;

  std::span<const std::uint32_t> lengths_;
  double average_length_ = 1;
  EncodedTerm encoded_;
};

}  // namespace grounds
