#include "ledger/compare/answer_cause.h"

#include <algorithm>

#include "base/canonical_json.h"

namespace grounds {
namespace {

AnswerCause undecidable(Sentence reason, Sentence decided_by) {
  return {{{"undecidable"}}, Basis::kUndecidable, std::move(reason), std::move(decided_by)};
}

Sentence controls() {
  return {"asking both prompts several times: grounds compare A B --controls 10",
          "把两个提示词各问若干次：grounds compare A B --controls 10"};
}

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

std::vector<std::string> AnswerCause::causes() const {
  std::vector<std::string> names;
  for (const auto& set : sets)
    for (const std::string& name : set)
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  return names;
}

std::vector<std::vector<std::string>> names_of(const std::vector<FactorSet>& sets) {
  std::vector<std::vector<std::string>> lists;
  for (FactorSet set : sets) {
    lists.emplace_back();
    for (Factor factor : set.list()) lists.back().emplace_back(factor_name(factor));
  }
  return lists;
}

std::string join_causes(const std::vector<std::vector<std::string>>& sets) {
  std::string text;
  for (const auto& set : sets) {
    if (!text.empty()) text += ", or ";
    for (std::size_t i = 0; i < set.size(); ++i) text += (i == 0 ? "" : " with ") + set[i];
  }
  return text;
}

AnswerCause cause_of_equal_prompts(const Side& a, const Side& b) {
  const ModelUse &x = a.model, &y = b.model;
  if (x.fallback != y.fallback || (x.fallback && x.by_backend != y.by_backend)) {
    const ModelUse& fell = x.fallback ? x : y;
    const bool known = !fell.fallback_reason.empty();
    return {{{"routing"}}, Basis::kByExclusion,
            {"the prompts are equal; one answer is from the fallback " + fell.by_backend + ", because of " +
                 (known ? fell.fallback_reason : "a failure that is not on record"),
             "提示词相同；其中一次回答来自备用后端 " + fell.by_backend + "，原因：" +
                 (known ? fell.fallback_reason : "未记录的故障")},
            {}};
  }
  if (x.by_backend != y.by_backend || x.by_kind != y.by_kind || x.by_model != y.by_model || x.by_endpoint != y.by_endpoint)
    return {{{"model"}}, Basis::kByExclusion,
            {"the prompts are equal; " + identity(a) + " answered one and " + identity(b) + " the other",
             "提示词相同；一次由 " + identity(a) + " 回答，另一次由 " + identity(b) + " 回答"},
            {}};
  if (x.reported_model != y.reported_model || x.fingerprint != y.fingerprint) {
    const std::string one = "'" + x.reported_model + "' " + x.fingerprint, other = "'" + y.reported_model + "' " + y.fingerprint;
    return {{{"model"}}, Basis::kByExclusion,
            {"the prompts are equal; the server says that another model answered: " + one + " and " + other,
             "提示词相同；服务器报告的模型不同：" + one + " 与 " + other},
            {}};
  }
  if (x.by_kind != "extractive" && !x.fallback && a.inputs.epoch != b.inputs.epoch) {
    const std::string one = std::to_string(a.inputs.epoch), other = std::to_string(b.inputs.epoch);
    return {{{"model"}}, Basis::kByExclusion,
            {"the prompts are equal; between the answers the canaries told of another model behind the name (epochs " + one + " and " + other + ")",
             "提示词相同；两次回答之间，金丝雀提示显示同名之下已是另一个模型（第 " + one + " 与第 " + other + " 时期）"},
            {}};
  }
  if (x.parameters != y.parameters) {
    const std::string keys = changed_parameters(x.parameters, y.parameters);
    return {{{"model_parameters"}}, Basis::kByExclusion,
            {"prompts and model are equal; these parameters differ: " + keys, "提示词与模型相同；以下参数不同：" + keys},
            {}};
  }
  if (x.deterministic())
    return undecidable({"prompts and backend are equal, and the extractive backend is deterministic: one of the answers was "
                        "given by another version of the program",
                        "提示词与后端相同，而摘录式后端是确定性的：其中一次回答由另一版本的程序给出"},
                       {"replaying both with the versions that gave them", "用给出回答的版本分别重放"});
  if (x.temperature() && *x.temperature() > 0) {
    const std::string temperature = *canonical_json(x.parameters.at("temperature"));
    return {{{"model_randomness"}}, Basis::kByExclusion,
            {"prompt, model and parameters are equal, and the model samples (temperature " + temperature + ")",
             "提示词、模型与参数均相同，而模型带有随机采样（temperature " + temperature + "）"},
            {}};
  }
  return undecidable({"prompt, model and parameters are equal; that the model was changed without notice, or does not "
                      "repeat itself, cannot be told apart",
                      "提示词、模型与参数均相同；无法区分是模型被悄然更换，还是模型本身输出不稳定"},
                     {"asking the prompt several times: grounds compare A B --controls 10",
                      "把该提示词问若干次：grounds compare A B --controls 10"});
}

AnswerCause cause_by_claims(const ClaimDifference& claims, const std::vector<EvidenceItem>& evidence_a,
                            const std::vector<EvidenceItem>& evidence_b, const std::vector<FactorSet>& evidence_causes) {
  if (claims.same())
    return undecidable({"the answers make the same claims in other words: nothing in the changed prompt decides wording",
                        "两次回答措辞不同而内容一致：提示词的变化不决定措辞"},
                       controls());
  if (evidence_causes.empty())
    return undecidable({"the evidence is the same; whether the rest of the prompt made the difference cannot be read off the answers",
                        "证据相同；仅凭回答无法判断差异是否由提示词的其余部分造成"},
                       controls());
  const auto left = select(evidence_a, evidence_b, false), entered = select(evidence_b, evidence_a, false);
  const auto common = select(evidence_b, evidence_a, true);
  const auto of_claim = [](bool first, const Claim& claim, std::string_view english, std::string_view chinese) {
    return Sentence{(first ? "the first answer's \"" : "the second answer's \"") + claim.surface + "\" " + std::string(english),
                    (first ? "第一次回答中的「" : "第二次回答中的「") + claim.surface + "」" + std::string(chinese)};
  };
  // A claim is explained if it stands in what only its own answer had to go by.
  for (const Claim& claim : claims.only_b) {
    if (states_any(common, claim))
      return undecidable(of_claim(false, claim, "stands in evidence that both had", "出现在两次回答共有的证据中"), controls());
    if (!states_any(entered, claim))
      return undecidable(of_claim(false, claim, "stands in none of the changed evidence", "不在任何发生变化的证据中"), controls());
  }
  for (const Claim& claim : claims.only_a) {
    if (states_any(common, claim) && claims.only_b.empty())
      return undecidable(of_claim(true, claim, "stands in evidence that both had", "出现在两次回答共有的证据中"), controls());
    if (!states_any(common, claim) && !states_any(left, claim))
      return undecidable(of_claim(true, claim, "stands in none of its evidence", "不在其任何证据中"), controls());
  }
  if (claims.only_a.empty() && claims.only_b.empty())
    return undecidable({"one answer found nothing, and the other makes no claim that can be looked up in the evidence",
                        "一次回答未找到内容，另一次回答没有可在证据中查证的内容"},
                       controls());
  const bool first = claims.only_b.empty();
  const Claim& claim = first ? claims.only_a.front() : claims.only_b.front();
  return {names_of(evidence_causes), Basis::kProved,
          {"\"" + claim.surface + "\" stands in evidence that " + (first ? "only the first" : "only the second") + " answer had",
           "「" + claim.surface + "」只出现在" + (first ? "第一次" : "第二次") + "回答的证据中"},
          {}};
}

}  // namespace grounds
