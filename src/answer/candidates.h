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
  int flaws = 0;                       // Flaw, or-ed: why it may be about something else
  bool alternative = false;            // from another document that may be meant just as well: quoted beside the first
  std::int64_t own = 0;                // per mille of the question's weight that the unit itself meets
};

// What speaks against a candidate, each enough to leave it out where nothing but words is known.
enum Flaw : int {
  kFlawName = 1,   // a name or place of the question is not met
  kFlawTime = 2,   // about another time, or about none though one is asked for
  kFlawKind = 4,   // holds nothing of the kind asked for
  kFlawRange = 8,  // a table's row for another range than the question's amount
  kFlawCode = 16,  // a code of the question is not met
};

// Best first; ties by item, then unit; candidates with flaws included, if asked for.
std::vector<Candidate> find_candidates(const Question& question, std::span<const ItemMatch> items, const CalendarDay& today, bool with_flaws = false);

// By how much, per mille of the question's weight, what a candidate meets is above what is needed for an answer.
std::int64_t answer_strength(const Question& question, std::span<const ItemMatch> items, const Candidate& best);

// Is it good enough by its words alone?
bool is_strong_enough(const Question& question, std::span<const ItemMatch> items, const Candidate& best);

// Do the best candidates fail to single out one row of a table? Then the question named none of its rows.
bool is_undecided(const Question& question, std::span<const ItemMatch> items, std::span<const Candidate> candidates);

}  // namespace grounds
