#include "index/lexical/segment_search.h"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <vector>

#include "index/lexical/contributions.h"
#include "index/lexical/posting_cursor.h"

namespace grounds {

using namespace segment_format;

namespace {

constexpr std::uint32_t kWindow = 4096;  // ordinals; its scores fit the first-level cache
constexpr std::uint32_t kNone = UINT32_MAX;

// A term of the query in this segment, and how far its postings were walked.
struct TermWalk {
  TermPostings postings;
  double factor = 0;
  std::int64_t count = 1;
  std::vector<std::int64_t> block_bounds;    // times count
  std::int64_t bound = 0;                    // the largest of them

  std::uint32_t block = 0;                   // the first that may reach into the window
  std::int64_t window_bound = 0;
  std::uint32_t decoded = kNone;             // which block `ordinals` holds
  std::uint32_t scored = kNone;              // which block `scores` holds
  std::array<std::uint32_t, kPostingsPerBlock> ordinals;
  std::array<std::int32_t, kPostingsPerBlock> scores;   // to a query that has the term once

  std::uint32_t last_ordinal(std::uint32_t b) const {
    return postings.entries.empty() ? postings.segment_size - 1 : postings.entries[b].last_ordinal;
  }
};

struct Candidate {
  std::uint32_t ordinal;
  std::int64_t score;
};

class SegmentSearch {
 public:
  SegmentSearch(const Segment& segment, std::uint32_t number, const Bitset* eligible, const Scoring& scoring, TopHits& top)
      : segment_(segment), number_(number), eligible_(eligible), scoring_(scoring), top_(top) {}

  Status run() {
    GROUNDS_ASSIGN_OR_RETURN(ids_, segment_.ids());
    GROUNDS_ASSIGN_OR_RETURN(lengths_, segment_.lengths());
    GROUNDS_RETURN_IF_ERROR(open_terms());
    for (std::uint32_t begin = 0; begin < segment_.size() && !terms_.empty(); begin += kWindow) {
      const std::uint32_t end = std::min(segment_.size() - begin, kWindow) + begin;
      if (!search_window(begin, end)) return damaged_postings(segment_);
    }
    return {};
  }

 private:
  Status open_terms() {
    for (const ScoredTerm& scored : scoring_.terms()) {
      GROUNDS_ASSIGN_OR_RETURN(const std::optional<TermPostings> found, segment_.find_term(scored.term));
      if (!found) continue;
      auto walk = std::make_unique<TermWalk>();
      walk->postings = *found;
      walk->factor = scored.factor;
      walk->count = scored.count;
      if (found->entries.empty()) {
        // A single block: its scores are the best bound, and will be needed in all likelihood.
        if (!decode(*walk, 0) || !score(*walk, 0)) return damaged_postings(segment_);
        walk->block_bounds = {*std::max_element(walk->scores.begin(), walk->scores.begin() + walk->postings.block_size(0)) * walk->count};
      } else {
        walk->block_bounds.reserve(found->entries.size());
        for (const BlockEntry& entry : found->entries) walk->block_bounds.push_back(scoring_.bound(scored, entry.impacts) * walk->count);
      }
      walk->bound = *std::max_element(walk->block_bounds.begin(), walk->block_bounds.end());
      terms_.push_back(std::move(walk));
    }
    return {};
  }

  bool decode(TermWalk& term, std::uint32_t block) {
    if (term.decoded == block) return true;
    term.decoded = block;
    return decode_ordinals(term.postings, block, term.ordinals.data());
  }

  // Scores all postings of the decoded block.
  bool score(TermWalk& term, std::uint32_t block) {
    if (term.scored == block) return true;
    term.scored = block;
    std::array<std::uint32_t, kPostingsPerBlock> frequencies;
    if (!decode_weighted_frequencies(term.postings, block, scoring_.weights(), frequencies.data())) return false;
    const std::uint32_t size = term.postings.block_size(block);
    std::array<double, kPostingsPerBlock> norms;
    for (std::uint32_t i = 0; i < size; ++i) norms[i] = scoring_.norm(lengths_, term.ordinals[i]);
    contributions(term.factor, frequencies.data(), norms.data(), size, term.scores.data());
    return true;
  }

  // The score of one posting of the decoded block.
  bool score_one(const TermWalk& term, std::uint32_t block, std::uint32_t index, std::int64_t& out) const {
    if (term.scored == block) {
      out = term.scores[index] * term.count;
      return true;
    }
    std::uint32_t frequency = 0;
    if (!decode_weighted_frequency(term.postings, block, index, scoring_.weights(), frequency)) return false;
    out = contribution(term.factor, frequency, scoring_.norm(lengths_, term.ordinals[index])) * term.count;
    return true;
  }

  // What a chunk of the window must score to be among the k best.
  std::int64_t needed(std::uint32_t begin) {
    if (!top_.full()) return 1;
    const Hit& last = top_.last();
    if (last.segment == number_) return last.score + 1;  // found before, so that its id is smaller
    if (!(cutoff_id_ == last.id)) {
      cutoff_id_ = last.id;
      cutoff_ = static_cast<std::uint32_t>(std::lower_bound(ids_.begin(), ids_.end(), last.id) - ids_.begin());
    }
    return begin >= cutoff_ ? last.score + 1 : last.score;
  }

  // False: damaged.
  bool search_window(std::uint32_t begin, std::uint32_t end) {
    std::int64_t total = 0;
    for (const auto& term : terms_) total += bound_in_window(*term, begin, end);
    const std::int64_t need = needed(begin);
    if (total < need) return true;
    // Terms that together stay below what is needed come first, weakest first.
    std::sort(terms_.begin(), terms_.end(), [](const auto& a, const auto& b) { return a->window_bound < b->window_bound; });
    std::size_t weak = 0;
    std::int64_t weak_bound = 0;
    while (weak_bound + terms_[weak]->window_bound < need) weak_bound += terms_[weak++]->window_bound;

    for (std::size_t t = weak; t < terms_.size(); ++t) {
      if (!collect(*terms_[t], begin, end)) return false;
    }
    gather(begin, end, need - weak_bound);
    while (weak > 0 && !candidates_.empty()) {
      --weak;
      weak_bound -= terms_[weak]->window_bound;
      if (!look_up(*terms_[weak], need, weak_bound)) return false;
    }
    for (const Candidate& candidate : candidates_) top_.add({number_, candidate.ordinal, ids_[candidate.ordinal], candidate.score});
    return true;
  }

  // Moves the term to the window and returns the largest bound of its blocks there.
  std::int64_t bound_in_window(TermWalk& term, std::uint32_t begin, std::uint32_t end) {
    const std::uint32_t count = term.postings.block_count();
    while (term.block < count && term.last_ordinal(term.block) < begin) ++term.block;
    term.window_bound = 0;
    for (std::uint32_t b = term.block; b < count; ++b) {
      // What lies between two blocks' last ordinals belongs to the second one, near enough.
      term.window_bound = std::max(term.window_bound, term.block_bounds[b]);
      if (term.last_ordinal(b) >= end - 1) break;
    }
    return term.window_bound;
  }

  // Adds the scores of the term's postings in the window to sums_.
  bool collect(TermWalk& term, std::uint32_t begin, std::uint32_t end) {
    for (std::uint32_t b = term.block; b < term.postings.block_count(); ++b) {
      if (!decode(term, b)) return false;
      const std::uint32_t size = term.postings.block_size(b);
      std::uint32_t i = 0;
      if (term.ordinals[0] < begin) {
        i = static_cast<std::uint32_t>(std::lower_bound(term.ordinals.begin(), term.ordinals.begin() + size, begin) - term.ordinals.begin());
      }
      if (i < size && term.ordinals[i] < end) {
        if (!score(term, b)) return false;
        for (; i < size && term.ordinals[i] < end; ++i) {
          const std::uint32_t at = term.ordinals[i] - begin;
          sums_[at] += term.scores[i] * term.count;
          touched_[at / 64] |= std::uint64_t{1} << (at % 64);
        }
      }
      if (term.last_ordinal(b) >= end - 1) break;
    }
    return true;
  }

  // Takes the eligible chunks with a sum of at least `least` as candidates, and clears the sums.
  void gather(std::uint32_t begin, std::uint32_t end, std::int64_t least) {
    candidates_.clear();
    for (std::uint32_t w = 0; w * 64 < end - begin; ++w) {
      std::uint64_t bits = std::exchange(touched_[w], 0);
      const std::uint64_t eligible = eligible_ != nullptr ? eligible_->words()[begin / 64 + w] : ~std::uint64_t{0};
      for (; bits != 0; bits &= bits - 1) {
        const std::uint32_t at = w * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
        const std::int64_t sum = std::exchange(sums_[at], 0);
        if (sum >= least && (eligible >> (at % 64) & 1) != 0) candidates_.push_back({begin + at, sum});
      }
    }
  }

  // Adds the term's score to each candidate that has it; drops those that cannot reach `need` with at
  // most `rest` to come from the terms after it.
  bool look_up(TermWalk& term, std::int64_t need, std::int64_t rest) {
    std::size_t kept = 0;
    std::uint32_t b = term.block;
    const std::uint32_t count = term.postings.block_count();
    for (Candidate candidate : candidates_) {
      while (b < count && term.last_ordinal(b) < candidate.ordinal) ++b;
      if (b < count && candidate.score + term.block_bounds[b] + rest >= need) {
        if (!decode(term, b)) return false;
        const std::uint32_t size = term.postings.block_size(b);
        const auto place = std::lower_bound(term.ordinals.begin(), term.ordinals.begin() + size, candidate.ordinal);
        if (place != term.ordinals.begin() + size && *place == candidate.ordinal) {
          std::int64_t score = 0;
          if (!score_one(term, b, static_cast<std::uint32_t>(place - term.ordinals.begin()), score)) return false;
          candidate.score += score;
        }
      }
      if (candidate.score + rest >= need) candidates_[kept++] = candidate;
    }
    candidates_.resize(kept);
    return true;
  }

  const Segment& segment_;
  const std::uint32_t number_;
  const Bitset* eligible_;
  const Scoring& scoring_;
  TopHits& top_;
  std::span<const ChunkId> ids_;
  FieldLengths lengths_;
  std::vector<std::unique_ptr<TermWalk>> terms_;
  ChunkId cutoff_id_{};
  std::uint32_t cutoff_ = 0;          // the first ordinal whose id is not before cutoff_id_
  std::array<std::int64_t, kWindow> sums_{};
  std::array<std::uint64_t, kWindow / 64> touched_{};
  std::vector<Candidate> candidates_;
};

}  // namespace

Status search_segment(const Segment& segment, std::uint32_t segment_number, const Bitset* eligible, const Scoring& scoring,
                      TopHits& top) {
  // On the heap: it holds a window's sums.
  return std::make_unique<SegmentSearch>(segment, segment_number, eligible, scoring, top)->run();
}

}  // namespace grounds
