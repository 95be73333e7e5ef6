#include "answer/asker/verdict.h"

#include <algorithm>
#include <set>

#include "answer/checks.h"

namespace grounds {

Verdict worse(Verdict backend, Verdict checks) {
  if (backend == Verdict::kNotFound || checks == Verdict::kNotFound) {
    // The checks say "not found" of an answer without a claim: there is nothing to bear out.
    if (checks == Verdict::kNotFound) return Verdict::kNotFound;
    return checks == Verdict::kSupported ? Verdict::kPartly : checks;
  }
  return std::max(backend, checks);
}

Verdict apply_checks(AnswerText& answer, std::string_view question, std::span<const EvidenceItem> evidence,
                     const Analyzer& analyzer) {
  AnswerCheck check = check_answer(answer.answer, question, evidence, analyzer);
  answer.verdict = worse(answer.verdict, check.verdict);
  std::set<std::string> listed(answer.unsupported.begin(), answer.unsupported.end());
  for (std::string& each : check.unsupported)
    if (listed.insert(each).second) answer.unsupported.push_back(std::move(each));
  if (answer.citations.empty() && answer.verdict != Verdict::kNotFound) answer.citations = std::move(check.citations);
  return check.verdict;
}

}  // namespace grounds
