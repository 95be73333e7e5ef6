#include "index/lexical/posting_cursor.h"

#include <algorithm>

namespace grounds {

using namespace segment_format;

bool PostingCursor::seek(std::uint32_t ordinal) {
  while (block_ < term_.entries.size() && term_.entries[block_].last_ordinal < ordinal) ++block_;
  if (block_ >= term_.block_count() || damaged_) return false;
  if (decoded_ != block_) {
    if (!decode_ordinals(term_, block_, ordinals_.data())) {
      damaged_ = true;
      return false;
    }
    decoded_ = block_;
    at_ = 0;
  }
  const auto end = ordinals_.begin() + term_.block_size(block_);
  const auto place = std::lower_bound(ordinals_.begin() + at_, end, ordinal);
  at_ = static_cast<std::uint32_t>(place - ordinals_.begin());
  return place != end && *place == ordinal;
}

bool PostingCursor::weighted_frequency(const FieldWeights& weights, std::uint32_t& frequency) {
  if (decoded_weighted_ != block_) {
    if (!decode_weighted_frequencies(term_, block_, weights, weighted_.data())) return false;
    decoded_weighted_ = block_;
  }
  frequency = weighted_[at_];
  return true;
}

bool PostingCursor::body_positions(std::span<const std::uint32_t>& positions) {
  if (decoded_positions_ != block_) {
    std::array<std::uint32_t, kPostingsPerBlock> frequencies;
    const std::uint32_t size = term_.block_size(block_);
    if (!decode_frequencies(term_, block_, static_cast<std::size_t>(Field::kBody), frequencies.data()) ||
        !decode_positions(term_, block_, std::span(frequencies).first(size), positions_)) {
      return false;
    }
    position_starts_[0] = 0;
    for (std::uint32_t i = 0; i < size; ++i) position_starts_[i + 1] = position_starts_[i] + frequencies[i];
    decoded_positions_ = block_;
  }
  positions = std::span<const std::uint32_t>(positions_).subspan(position_starts_[at_], position_starts_[at_ + 1] - position_starts_[at_]);
  return true;
}

tl::unexpected<Error> damaged_postings(const Segment& segment) {
  return fail(ErrorCode::kDamaged, "segment " + segment.path() + " is damaged: postings cannot be decoded",
              "run: grounds doctor; then restore a backup, or ingest the documents into a new collection");
}

}  // namespace grounds
