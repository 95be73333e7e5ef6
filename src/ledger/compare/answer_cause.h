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

// One sentence for a person, in both languages.
struct Sentence {
  std::string english, chinese;
  bool empty() const { return english.empty(); }
  friend bool operator==(const Sentence&, const Sentence&) = default;
};

struct AnswerCause {
  // Every minimal set, any of which suffices; {{"undecidable"}} if it is not known.
  std::vector<std::vector<std::string>> sets;
  Basis basis = Basis::kUndecidable;
  Sentence reason;
  Sentence decided_by;                 // what would decide it; empty where it is decided

  std::vector<std::string> causes() const;  // of all sets, each once; the first one is the answer_cause
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

// The factors' names, set by set.
std::vector<std::vector<std::string>> names_of(const std::vector<FactorSet>& sets);
// "data with settings, or template": what suffices, for a person.
std::string join_causes(const std::vector<std::vector<std::string>>& sets);

}  // namespace grounds
