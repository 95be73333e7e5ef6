// Several samples of one answer: what they state in numbers, and which of them most agree with.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

namespace grounds {

// The numbers, dates and codes that an answer states, by value: 1,577 and 1577 are one, 12 m and 12 km two. Marks
// and the numbers of a list's lines are none; what comes after kMostChecked bytes is not looked at.
std::set<std::string> figures_of(std::string_view answer);

struct Vote {
  std::size_t chosen = 0;        // the first of those that agree
  int agreeing = 0;              // how many state the figures of the chosen one
  int with_first = 0;            // ... of the first
};
// The figures that most samples state; of equally many those of the earliest. At least one sample.
Vote vote(std::span<const std::string> samples);

}  // namespace grounds
