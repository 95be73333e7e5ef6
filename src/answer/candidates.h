// The units and cells of the evidence that may answer a question, scored, and those that may not dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "answer/match.h"
#include "answer/question.h"

namespace grounds {

struct Candidate {
  std::size_t item = 0, unit = 0;      // indices
  std::optional<std::size_t> column;   // of a row: the cell that answers; none: the whole row
  std::int64_t score = 0;              // for ranking
  std::int64_t coverage = 0;           // per mille of the question's weight that unit and context meet
  int kind = 0;                        // holds_kind
  std::vector<int> met;                // by concept, 0 to 1000
  bool dated = false;                  // the column's own header says the time asked for
  bool finer = false;                  // about a part of the time asked for: a month of the year
};

// Best first; ties by item, then unit. Left out: units about another code, name or time than the question's.
std::vector<Candidate> find_candidates(const Question& question, std::span<const ItemMatch> items, const CalendarDay& today);

// Is the best of them good enough to be an answer?
bool is_strong_enough(const Question& question, std::span<const ItemMatch> items, const Candidate& best);

// Do the best candidates fail to single out one row of a table? Then the question named none of its rows.
bool is_undecided(const Question& question, std::span<const ItemMatch> items, std::span<const Candidate> candidates);

}  // namespace grounds
