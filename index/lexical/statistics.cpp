// lexical_statistics: exact counts over the live chunks of each segment.

#include <algorithm>
#include <bit>
#include <set>

#include "index/lexical/lexical_search.h"
#include "index/lexical/posting_cursor.h"

namespace grounds {

using namespace segment_format;

namespace {

// The chunks of a segment that are not live.
std::vector<std::uint32_t> dead_chunks(const Bitset& live) {
  std::vector<std::uint32_t> dead;
  dead.reserve(live.size() - live.count());
  const auto words = live.words();
  for (std::size_t w = 0; w < words.size(); ++w) {
    const std::size_t left = live.size() - w * 64;
    const std::uint64_t in_use = left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
    for (std::uint64_t bits = ~words[w] & in_use; bits != 0; bits &= bits - 1) {
      dead.push_back(static_cast<std::uint32_t>(w * 64 + static_cast<std::size_t>(std::countr_zero(bits))));
    }
  }
  return dead;
}

Status add_lengths(const Segment& segment, const Bitset& live, const std::vector<std::uint32_t>& dead, LexicalStatistics& statistics) {
  GROUNDS_ASSIGN_OR_RETURN(const FieldLengths lengths, segment.lengths());
  std::array<std::uint64_t, kFieldCount> sum{};
  const auto add = [&](std::uint32_t ordinal) {
    for (std::size_t f = 0; f < kFieldCount; ++f) sum[f] += lengths.at(ordinal, f);
  };
  const bool discount = dead.size() < live.size() / 2;
  if (discount) {
    for (const std::uint32_t ordinal : dead) add(ordinal);
  } else {
    for (std::uint32_t ordinal = 0; ordinal < live.size(); ++ordinal) {
      if (live.test(ordinal)) add(ordinal);
    }
  }
  for (std::size_t f = 0; f < kFieldCount; ++f) statistics.total_length[f] += discount ? segment.total_lengths()[f] - sum[f] : sum[f];
  return {};
}

// How many live chunks have the term.
Result<std::uint64_t> count_live(const Segment& segment, const TermPostings& term, const Bitset& live,
                                 const std::vector<std::uint32_t>& dead) {
  // Looking up a dead chunk costs about as much as testing eight postings.
  if (dead.size() < term.document_frequency / 8) {
    PostingCursor cursor(term);
    std::uint64_t count = term.document_frequency;
    for (const std::uint32_t ordinal : dead) count -= cursor.seek(ordinal) ? 1 : 0;
    if (cursor.damaged()) return damaged_postings(segment);
    return count;
  }
  std::uint64_t count = 0;
  std::array<std::uint32_t, kPostingsPerBlock> ordinals;
  for (std::uint32_t block = 0; block < term.block_count(); ++block) {
    if (!decode_ordinals(term, block, ordinals.data())) return damaged_postings(segment);
    for (std::uint32_t i = 0; i < term.block_size(block); ++i) count += live.test(ordinals[i]);
  }
  return count;
}

}  // namespace

Result<LexicalStatistics> lexical_statistics(std::span<const SegmentView> views, std::span<const std::string> terms) {
  LexicalStatistics statistics;
  for (const std::string& term : terms) statistics.document_frequency[term] = 0;
  for (const SegmentView& view : views) {
    const Segment& segment = *view.segment;
    const std::uint32_t live_count = view.live ? view.live->count() : segment.size();
    if (live_count == 0) continue;
    statistics.chunks += live_count;
    if (live_count == segment.size()) {
      for (std::size_t f = 0; f < kFieldCount; ++f) statistics.total_length[f] += segment.total_lengths()[f];
      for (auto& [term, frequency] : statistics.document_frequency) {
        GROUNDS_ASSIGN_OR_RETURN(const std::optional<TermPostings> found, segment.find_term(term));
        if (found) frequency += found->document_frequency;
      }
      continue;
    }
    const std::vector<std::uint32_t> dead = dead_chunks(*view.live);
    GROUNDS_RETURN_IF_ERROR(add_lengths(segment, *view.live, dead, statistics));
    for (auto& [term, frequency] : statistics.document_frequency) {
      GROUNDS_ASSIGN_OR_RETURN(const std::optional<TermPostings> found, segment.find_term(term));
      if (!found) continue;
      GROUNDS_ASSIGN_OR_RETURN(const std::uint64_t count, count_live(segment, *found, *view.live, dead));
      frequency += count;
    }
  }
  return statistics;
}

}  // namespace grounds
