// What a question asks for: its concepts, the kind of thing expected, and what an answer must match.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "answer/answer.h"
#include "answer/date_words.h"
#include "answer/quantities.h"
#include "index/analysis/analyzer.h"

namespace grounds {

enum class Asked { kAnything, kPerson, kDate, kCount, kAmount, kDuration, kPlace, kReason, kPhone, kYesNo };

// A thing the question speaks of, in one of several forms.
struct Concept {
  struct Form {
    std::vector<std::uint32_t> terms;  // ids in Question::terms
    bool partial = false;              // a share of the terms counts as that share (compounds)
    int quality = 1000;                // per mille when all terms are there
  };
  std::string surface;                 // folded
  std::size_t begin = 0, end = 0;      // bytes of the question
  std::vector<Form> forms;
  std::string code;                    // an identifier, matched as text instead; else ""
  bool entity = false;                 // a name: what it names must be what the answer is about
  bool weak = false;                   // says little: "number", "company", "need"
  bool head = false;                   // the thing asked for
  bool argument = false;               // of what it is asked: Y in "the X of Y"
};

struct Question {
  std::string text;
  bool chinese = false;
  Asked asked = Asked::kAnything;
  std::string unit;                    // canonical unit the number must have ("day"), if the question says so
  std::vector<Concept> concepts;
  std::vector<DateParts> dates;        // dates an answer must be about
  std::vector<ResolvedDate> resolved;  // those of them that were relative
  std::vector<Quantity> amounts;       // amounts that the question names
  bool current = false;                // asks for what holds now
  bool aggregate = false;              // asks for a total, an average, a maximum
  bool money = false;                  // the amount asked for is one of money
  bool computed = false;               // asks for what has to be worked out: an average, a difference
  bool listing = false;                // asks for several things
  std::unordered_map<std::string, std::uint32_t> terms;
};

// The parts of a question that asks for several things ("how often is it and on which weekday?"); one part, the
// whole, of any other.
std::vector<std::string> question_parts(std::string_view text);

Question analyse_question(std::string_view text, const ClockInputs& clock, const Analyzer& analyzer);

}  // namespace grounds
