// compare: two recorded answers in; out comes what made their prompts and answers differ, and how far that
// is proven (design, law 11: never more than that).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "grounds/result.h"
#include "ledger/compare/answer_cause.h"
#include "ledger/compare/findings.h"
#include "ledger/compare/side.h"
#include "ledger/replay/replay.h"

namespace grounds {

struct CompareOptions {
  std::map<std::string, std::string> parties;  // [parties] of the configuration
  Principal viewer;                            // who reads the result
};

struct Comparison {
  Side a, b;
  bool same_answer = false, same_claims = false;
  bool same_prompt = false, same_evidence = false;
  ClaimDifference claims;
  // Whether each prompt, assembled again from its own record, is the recorded one.
  Sameness baseline_a = Sameness::kNotReplayable, baseline_b = Sameness::kNotReplayable;
  FactorSet differing;                         // factors in which the records differ
  std::vector<std::vector<std::string>> prompt_causes;  // every minimal set, smaller ones first
  Basis prompt_basis = Basis::kUndecidable;
  std::string answer_cause = "undecidable";    // the first of `causes`
  std::vector<std::string> causes;
  std::vector<std::vector<std::string>> answer_causes;  // the minimal sets that `causes` are of
  Basis basis = Basis::kUndecidable;
  Sentence reason, decided_by;
  std::string party;
  std::vector<std::string> parties;            // by cause
  Findings evidence;
  std::vector<std::string> details;            // one line each, for a person
  std::uint64_t mixtures = 0;                  // prompts that were assembled
};

// Calls no model that answers. Errors are those of the workspace, and kNotFound for a record whose texts
// were erased; what cannot be decided is a result.
Result<Comparison> compare_answers(const CompareServices& services, Side a, Side b, const CompareOptions& options);

// The same answer as it would be given now: today's data, permissions, settings, clock and newest version
// of its template. Answered where the backend is the extractive one.
Result<Side> side_of_today(const CompareServices& services, const Side& recorded, const ClockInputs& clock);

}  // namespace grounds
