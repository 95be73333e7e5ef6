// Checks that every answer passes, whoever wrote it: does it say only what the evidence it cites says?
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "answer/answer.h"
#include "index/analysis/analyzer.h"

namespace grounds {

// Bytes of an answer that are looked at; what comes after is not borne out by being long.
inline constexpr std::size_t kMostChecked = 64 << 10;

struct SentenceCheck {
  std::string sentence;                 // without its markers
  std::vector<std::uint32_t> cited;     // evidence numbers, as marked; inherited from the next marked sentence of its line
  int support = 0;                      // per mille of its words that stand together in what it cites
  bool frame = false;                   // says nothing of its own ("Sources differ:"), and needs no support
  std::vector<std::string> missing;     // its numbers, dates and codes that the cited evidence does not bear out
};

struct AnswerCheck {
  Verdict verdict = Verdict::kUnsupported;
  std::vector<std::string> unsupported; // markers without evidence, sentences without support, numbers, in order
  std::vector<SentenceCheck> sentences;
  std::vector<Citation> citations;      // for each mark, the span of its evidence that bears the sentence best
};

// The text is the not-found phrase of the templates and nothing else, in English or Chinese.
bool says_not_found(std::string_view text);

// Lexical and fast; a pure function. `question` lends the amounts it names ("a device of 20万元"); its
// dates it does not lend. Without any sentence, or with "not found" alone, the verdict is kNotFound. Takes time in
// proportion to answer and evidence; of an answer over 64 KiB the rest counts as not borne out.
AnswerCheck check_answer(std::string_view answer, std::string_view question, std::span<const EvidenceItem> evidence,
                         const Analyzer& analyzer);

}  // namespace grounds
