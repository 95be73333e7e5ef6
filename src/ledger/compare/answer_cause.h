// Why two answers differ, as far as their records and prompts tell, and how far that is proven.
#pragma once

#include <string>
#include <vector>

#include "ledger/compare/claims.h"
#include "ledger/compare/factors.h"
#include "ledger/compare/side.h"
#include "retrieval/evidence.h"

namespace grounds {

enum class Basis { kProved, kStatistical, kByExclusion, kUndecidable };
std::string_view basis_name(Basis basis);  // "proved", "statistical", "by_exclusion", "undecidable"

struct AnswerCause {
  std::vector<std::string> causes;     // the first one is the answer_cause; "undecidable" if it is not known
  Basis basis = Basis::kUndecidable;
  std::string reason;                  // in one sentence
  std::string decided_by;              // what would decide it; "" where it is decided
};

struct ClaimDifference {
  std::vector<Claim> only_a, only_b;
  bool verdict_differs = false;        // one says "not found", the other does not
  bool same() const { return only_a.empty() && only_b.empty() && !verdict_differs; }
};
ClaimDifference compare_claims(const Side& a, const Side& b);

// Equal prompts, different answers: routing, model, model_parameters or model_randomness.
AnswerCause cause_of_equal_prompts(const Side& a, const Side& b);

// Different prompts. `evidence_causes`: the minimal sets that change the evidence. Established where each
// claim that only one answer makes stands in that answer's evidence and not in what both have; else
// undecidable. An answer that is the same over other evidence has no cause.
AnswerCause cause_by_claims(const ClaimDifference& claims, const std::vector<EvidenceItem>& evidence_a,
                            const std::vector<EvidenceItem>& evidence_b, const std::vector<FactorSet>& evidence_causes);

// The factors of all sets, each once, in the order of kFactors.
std::vector<std::string> causes_of(const std::vector<FactorSet>& sets);

}  // namespace grounds
