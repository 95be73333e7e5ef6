#include "ledger/compare/answer_cause.h"

#include <algorithm>

#include "base/canonical_json.h"

namespace grounds {
namespace {

AnswerCause undecidable(std::string reason, std::string decided_by) {
  return {{"undecidable"}, Basis::kUndecidable, std::move(reason), std::move(decided_by)};
}

constexpr const char* kControls = "asking both prompts several times: grounds compare A B --controls 10";

std::string identity(const Side& side) {
  const ModelUse& model = side.model;
  std::string text = model.by_backend;
  if (!model.by_model.empty()) text += " (" + model.by_model + ")";
  return text;
}

std::string changed_parameters(const Json& a, const Json& b) {
  std::string keys;
  Json all = a;
  for (const auto& [key, value] : b.items()) all[key] = value;
  for (const auto& [key, value] : all.items())
    if (a.value(key, Json()) != b.value(key, Json())) keys += (keys.empty() ? "" : ", ") + key;
  return keys;
}

std::string body_of(const EvidenceItem& item) { return item.title + "\n" + item.heading + "\n" + item.table_header + "\n" + item.text; }

bool states_any(const std::vector<const EvidenceItem*>& items, const Claim& claim) {
  return std::ranges::any_of(items, [&](const EvidenceItem* item) { return states(body_of(*item), claim); });
}

// The items of `items` whose text is not among `others`; with `common`, those whose is.
std::vector<const EvidenceItem*> select(const std::vector<EvidenceItem>& items, const std::vector<EvidenceItem>& others, bool common) {
  std::vector<const EvidenceItem*> selected;
  for (const EvidenceItem& item : items) {
    const bool shared = std::ranges::any_of(others, [&](const EvidenceItem& other) { return body_of(other) == body_of(item); });
    if (shared == common) selected.push_back(&item);
  }
  return selected;
}

}  // namespace

std::string_view basis_name(Basis basis) {
  switch (basis) {
    case Basis::kProved: return "proved";
    case Basis::kStatistical: return "statistical";
    case Basis::kByExclusion: return "by_exclusion";
    case Basis::kUndecidable: return "undecidable";
  }
  return "";
}

ClaimDifference compare_claims(const Side& a, const Side& b) {
  const std::set<Claim> claims_a = find_claims(a.answer), claims_b = find_claims(b.answer);
  ClaimDifference difference;
  // A claim counts as made by the other answer, too, if its text bears it out: "1,577" and "1577 units".
  for (const Claim& claim : claims_a)
    if (!claims_b.contains(claim) && !states(b.answer, claim)) difference.only_a.push_back(claim);
  for (const Claim& claim : claims_b)
    if (!claims_a.contains(claim) && !states(a.answer, claim)) difference.only_b.push_back(claim);
  difference.verdict_differs = (a.verdict == "not_found") != (b.verdict == "not_found");
  return difference;
}

std::vector<std::string> causes_of(const std::vector<FactorSet>& sets) {
  FactorSet all;
  for (FactorSet set : sets) all = all | set;
  std::vector<std::string> names;
  for (Factor factor : all.list()) names.emplace_back(factor_name(factor));
  return names;
}

AnswerCause cause_of_equal_prompts(const Side& a, const Side& b) {
  const ModelUse &x = a.model, &y = b.model;
  if (x.fallback != y.fallback || (x.fallback && x.by_backend != y.by_backend)) {
    const ModelUse& fell = x.fallback ? x : y;
    return {{"routing"}, Basis::kByExclusion,
            "the prompts are equal; one answer is from the fallback " + fell.by_backend + ", because of " +
                (fell.fallback_reason.empty() ? "a failure that is not on record" : fell.fallback_reason),
            ""};
  }
  if (x.by_backend != y.by_backend || x.by_kind != y.by_kind || x.by_model != y.by_model || x.by_endpoint != y.by_endpoint)
    return {{"model"}, Basis::kByExclusion,
            "the prompts are equal; " + identity(a) + " answered one and " + identity(b) + " the other", ""};
  if (x.reported_model != y.reported_model || x.fingerprint != y.fingerprint)
    return {{"model"}, Basis::kByExclusion,
            "the prompts are equal; the server says that another model answered: '" + x.reported_model + "' " +
                x.fingerprint + " and '" + y.reported_model + "' " + y.fingerprint,
            ""};
  if (x.parameters != y.parameters)
    return {{"model_parameters"}, Basis::kByExclusion,
            "prompts and model are equal; these parameters differ: " + changed_parameters(x.parameters, y.parameters), ""};
  if (x.deterministic())
    return undecidable("prompts and backend are equal, and the extractive backend is deterministic: one of the answers was "
                       "given by another version of the program",
                       "replaying both with the versions that gave them");
  if (x.temperature() && *x.temperature() > 0)
    return {{"model_randomness"}, Basis::kByExclusion,
            "prompt, model and parameters are equal, and the model samples (temperature " +
                *canonical_json(x.parameters.at("temperature")) + ")",
            ""};
  return undecidable("prompt, model and parameters are equal; that the model was changed without notice, or does not "
                     "repeat itself, cannot be told apart",
                     "asking the prompt several times: grounds compare A B --controls 10");
}

AnswerCause cause_by_claims(const ClaimDifference& claims, const std::vector<EvidenceItem>& evidence_a,
                            const std::vector<EvidenceItem>& evidence_b, const std::vector<FactorSet>& evidence_causes) {
  if (claims.same())
    return undecidable("the answers make the same claims in other words: nothing in the changed prompt decides wording",
                       kControls);
  if (evidence_causes.empty())
    return undecidable("the evidence is the same; whether the rest of the prompt made the difference cannot be read off the answers",
                       kControls);
  const auto left = select(evidence_a, evidence_b, false), entered = select(evidence_b, evidence_a, false);
  const auto common = select(evidence_b, evidence_a, true);
  // A claim is explained if it stands in what only its own answer had to go by.
  for (const Claim& claim : claims.only_b)
    if (!states_any(entered, claim) || states_any(common, claim))
      return undecidable("the second answer's \"" + claim.surface + "\" " +
                             (states_any(common, claim) ? "stands in evidence that both had" : "stands in none of the changed evidence"),
                         kControls);
  for (const Claim& claim : claims.only_a) {
    if (states_any(common, claim) && claims.only_b.empty())
      return undecidable("the first answer's \"" + claim.surface + "\" stands in evidence that both had", kControls);
    if (!states_any(common, claim) && !states_any(left, claim))
      return undecidable("the first answer's \"" + claim.surface + "\" stands in none of its evidence", kControls);
  }
  if (claims.only_a.empty() && claims.only_b.empty())
    return undecidable("one answer found nothing, and the other makes no claim that can be looked up in the evidence", kControls);
  const Claim& claim = claims.only_b.empty() ? claims.only_a.front() : claims.only_b.front();
  return {causes_of(evidence_causes), Basis::kProved,
          "\"" + claim.surface + "\" stands in evidence that " + (claims.only_b.empty() ? "only the first" : "only the second") +
              " answer had",
          ""};
}

}  // namespace grounds
