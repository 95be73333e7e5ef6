#include "index/lexical/phrase_filter.h"

#include <algorithm>
#include <map>
#include <memory>

#include "index/lexical/posting_cursor.h"

namespace grounds {

using namespace segment_format;

namespace {

// The terms that may stand at one place of the phrase.
struct Slot {
  std::uint32_t place = 0;
  std::vector<std::unique_ptr<PostingCursor>> cursors;

  std::uint64_t postings() const {
    std::uint64_t sum = 0;
    for (const auto& cursor : cursors) sum += cursor->term().document_frequency;
    return sum;
  }
};

// The chunks that hold any of the slot's terms.
Result<Bitset> chunks_of(const Segment& segment, const Slot& slot) {
  Bitset chunks(segment.size());
  std::array<std::uint32_t, kPostingsPerBlock> ordinals;
  for (const auto& cursor : slot.cursors) {
    for (std::uint32_t block = 0; block < cursor->term().block_count(); ++block) {
      if (!decode_ordinals(cursor->term(), block, ordinals.data())) return damaged_postings(segment);
      for (std::uint32_t i = 0; i < cursor->term().block_size(block); ++i) chunks.set(ordinals[i]);
    }
  }
  return chunks;
}

// Where the phrase would have to start for the slot's terms to stand where they do in the chunk; sorted.
// Starts before the text's begin wrap around, and wrap back when they are compared.
Status starts_of(const Segment& segment, Slot& slot, std::uint32_t ordinal, std::vector<std::uint32_t>& starts) {
  starts.clear();
  for (const auto& cursor : slot.cursors) {
    if (!cursor->seek(ordinal)) {
      if (cursor->damaged()) return damaged_postings(segment);
      continue;
    }
    std::span<const std::uint32_t> positions;
    if (!cursor->body_positions(positions)) return damaged_postings(segment);
    for (const std::uint32_t position : positions) starts.push_back(position - slot.place);
  }
  std::sort(starts.begin(), starts.end());
  return {};
}

Result<bool> holds(const Segment& segment, std::vector<Slot>& slots, std::uint32_t ordinal) {
  std::vector<std::uint32_t> common, starts, both;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    GROUNDS_RETURN_IF_ERROR(starts_of(segment, slots[i], ordinal, i == 0 ? common : starts));
    if (i > 0) {
      both.clear();
      std::set_intersection(common.begin(), common.end(), starts.begin(), starts.end(), std::back_inserter(both));
      common.swap(both);
    }
    if (common.empty()) return false;
  }
  return true;
}

}  // namespace

Status keep_phrase(const Segment& segment, const LexicalPhrase& phrase, Bitset& chunks) {
  std::map<std::uint32_t, Slot> by_place;
  for (const PhraseTerm& term : phrase) {
    Slot& slot = by_place[term.position];
    slot.place = term.position;
    GROUNDS_ASSIGN_OR_RETURN(const std::optional<TermPostings> found, segment.find_term(term.term));
    if (found) slot.cursors.push_back(std::make_unique<PostingCursor>(*found));
  }
  std::vector<Slot> slots;
  for (auto& [place, slot] : by_place) slots.push_back(std::move(slot));
  if (slots.empty()) return {};
  std::sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) { return a.postings() < b.postings(); });
  GROUNDS_ASSIGN_OR_RETURN(const Bitset candidates, chunks_of(segment, slots.front()));
  chunks &= candidates;
  for (std::uint32_t ordinal = 0; ordinal < chunks.size(); ++ordinal) {
    if (!chunks.test(ordinal)) continue;
    GROUNDS_ASSIGN_OR_RETURN(const bool held, holds(segment, slots, ordinal));
    if (!held) chunks.clear(ordinal);
  }
  return {};
}

}  // namespace grounds
