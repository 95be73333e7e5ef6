// The arithmetic of a score: doubles for one contribution, integers for everything after.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "index/lexical/lexical_search.h"
#include "index/segment/format.h"

namespace grounds {

// What one term adds to a chunk's score, times 2^20: with tf the weighted frequency, `norm` that of
// the chunk's length and `factor` the term's idf times 2^20,
//   max(1, round(factor / (1 + norm * (1 / tf))))     or 0 if tf = 0,
// each operation rounded as IEEE says, the last one to the nearest integer, halves to even. Every
// operation is monotonic and stays so after rounding; hence a contribution never falls when tf grows
// or the length shrinks, and the contribution of bounds bounds the contributions.
// It is below 2^25: idf is, for up to 2^31 chunks, below 22.
inline std::int32_t contribution(double factor, std::uint32_t frequency, double norm) {
  // Adding 3 * 2^51 leaves no bits after the point; needs values below 2^51 and the default rounding.
  constexpr double kShift = 6755399441055744.0;
  // Without branches, so that compilers can do several at a time.
  const std::int32_t tf = static_cast<std::int32_t>(frequency);
  const double value = factor / (1.0 + norm * (1.0 / static_cast<double>(tf < 1 ? 1 : tf)));
  const std::int32_t rounded = static_cast<std::int32_t>((value + kShift) - kShift);
  const std::int32_t at_least_one = rounded < 1 ? 1 : rounded;
  return at_least_one & -static_cast<std::int32_t>(tf > 0);
}

// A distinct term of a query.
struct ScoredTerm {
  std::string term;
  std::uint32_t count = 1;   // how often the query has it
  double factor = 0;         // idf times 2^20
};

// Settings and statistics of one query, made ready. Not thread-safe (it tabulates as it goes).
class Scoring {
 public:
  static Result<Scoring> create(const LexicalSettings& settings, const LexicalStatistics& statistics,
                                const std::vector<std::string>& terms);

  const std::vector<ScoredTerm>& terms() const { return terms_; }
  const std::array<std::uint32_t, kFieldCount>& weights() const { return settings_.weights; }

  // k1 * (1 - b + b * length / average) for a weighted length.
  double norm(std::uint32_t length) const {
    return length < norms_.size() ? norms_[length] : compute_norm(length);
  }
  double norm(const FieldLengths& lengths, std::uint32_t ordinal) const {
    const std::size_t row = std::size_t{ordinal} * kFieldCount;
    return norm(lengths.narrow() != nullptr ? weighted(lengths.narrow() + row) : weighted(lengths.wide() + row));
  }
  // Not below the contribution, to a query that has the term once, of any posting the impacts bound.
  std::int32_t bound(const ScoredTerm& term, const std::array<segment_format::Impact, 2>& impacts) const;

 private:
  Scoring(const LexicalSettings& settings, const LexicalStatistics& statistics);
  double compute_norm(std::uint32_t length) const;
  template <class Number>
  std::uint32_t weighted(const Number* row) const {
    std::uint32_t sum = 0;
    for (std::size_t f = 0; f < kFieldCount; ++f) sum += row[f] * settings_.weights[f];
    return sum;
  }

  LexicalSettings settings_;
  double average_length_ = 1;
  std::vector<double> norms_;   // by weighted length
  std::vector<ScoredTerm> terms_;
};

}  // namespace grounds
