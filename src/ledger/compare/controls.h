// Controls: the recorded prompts put to their models again, several times, to tell a changed prompt from a
// model that does not repeat itself.
#pragma once

#include <map>
#include <string>

#include "answer/asker/asker.h"
#include "grounds/result.h"
#include "ledger/compare/compare.h"

namespace grounds {

// Runs of one prompt, by what the answers claim.
struct ControlRuns {
  std::uint32_t asked = 0, failed = 0;
  std::map<std::string, std::uint32_t> answers;   // by text
  std::map<std::string, std::uint32_t> claims;    // by claims_key()
  std::string error;                              // of the last failed call
};

// The claims of an answer as one text: equal for answers that say the same. Without claims it is "".
std::string claims_key(std::string_view answer);

// Calls the model of a recorded answer `times` times with its recorded prompt and parameters; nothing is
// put on record. kUsage: no model, or its backend is not configured as it was.
Result<ControlRuns> run_controls(Asker& asker, const AnswerInputs& inputs, std::uint32_t times);

// The probability that two prompts with one distribution of claims differ as much (Fisher's exact test,
// two-sided, on the first prompt's most frequent claims against all others).
double difference_by_chance(const ControlRuns& a, const ControlRuns& b);

// Decides the answer's cause by controls where the comparison is not proved without them.
void decide_by_controls(Comparison& comparison, const ControlRuns& a, const ControlRuns& b,
                        const std::map<std::string, std::string>& parties);

}  // namespace grounds
