// What an answer is: a text, the spans it cites, and how far it is borne out by them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "retrieval/evidence.h"

namespace grounds {

enum class Verdict { kSupported, kPartly, kUnsupported, kNotFound };
std::string_view verdict_name(Verdict verdict);  // "supported", "partly", "unsupported", "not_found"

struct Citation {
  std::string marker;                  // "[1]", as it stands in the answer
  std::uint32_t evidence = 0;          // EvidenceItem::number
  std::string uri;
  int page = 0;                        // 0 where the format has no pages
  std::uint64_t begin = 0, end = 0;    // span in the extract
  std::string quote;                   // the extract's bytes [begin, end)
  friend bool operator==(const Citation&, const Citation&) = default;
};

struct AnswerText {
  std::string answer;
  Verdict verdict = Verdict::kNotFound;
  std::vector<Citation> citations;     // in order of first mention
  std::vector<std::string> unsupported;  // sentences, numbers or units of the answer without support
};

// The clock as an input: recorded, so that "last year" means the same in a replay.
struct ClockInputs {
  UnixMillis now = 0;
  std::string zone = "UTC";
};

}  // namespace grounds
