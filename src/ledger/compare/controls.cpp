#include "ledger/compare/controls.h"

#include <algorithm>
#include <cmath>

#include "ledger/compare/claims.h"
#include "ledger/compare/parties.h"

namespace grounds {
namespace {

// Below this a difference between two prompts' answers is taken for one (two-sided).
constexpr double kSignificance = 0.05;

double log_choose(std::uint32_t n, std::uint32_t k) {
  return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0);
}

// Fisher, Statistical Methods for Research Workers, section 21.02: the sum over all tables with these
// margins that are no likelier than this one.
double fisher_exact(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  const std::uint32_t row = a + b, other = c + d, column = a + c, total = row + other;
  const auto probability = [&](std::uint32_t x) {
    return std::exp(log_choose(row, x) + log_choose(other, column - x) - log_choose(total, column));
  };
  const double observed = probability(a);
  double sum = 0;
  const std::uint32_t low = column > other ? column - other : 0, high = std::min(row, column);
  for (std::uint32_t x = low; x <= high; ++x)
    if (const double p = probability(x); p <= observed * (1 + 1e-9)) sum += p;
  return std::min(sum, 1.0);
}

std::uint32_t count(const std::map<std::string, std::uint32_t>& runs, const std::string& key) {
  auto found = runs.find(key);
  return found == runs.end() ? 0 : found->second;
}

void settle(Comparison& comparison, AnswerCause cause, const std::map<std::string, std::string>& parties) {
  comparison.causes = cause.causes();
  comparison.answer_causes = std::move(cause.sets);
  comparison.answer_cause = comparison.causes.front();
  comparison.basis = cause.basis;
  comparison.reason = std::move(cause.reason);
  if (cause.basis != Basis::kUndecidable) comparison.decided_by = {};
  comparison.parties.clear();
  for (const std::string& name : comparison.causes)
    comparison.parties.push_back(party_of(name, {"backend." + comparison.b.model.backend, "backend." + comparison.a.model.backend}, parties));
  comparison.party = common_party(comparison.parties);
}

std::string of_runs(std::uint32_t n, const ControlRuns& runs) { return std::to_string(n) + " of " + std::to_string(runs.asked); }

}  // namespace

std::string claims_key(std::string_view answer) {
  std::string key;
  for (const Claim& claim : find_claims(answer)) key += std::to_string(static_cast<int>(claim.kind)) + " " + claim.value + "\n";
  return key;
}

Result<ControlRuns> run_controls(Asker& asker, const AnswerInputs& inputs, std::uint32_t times) {
  ControlRuns runs;
  for (std::uint32_t i = 0; i < times; ++i) {
    std::vector<Attempt> attempts;
    auto answer = asker.call_again(inputs, attempts);
    if (!answer && answer.error().code == ErrorCode::kUsage) return fail(std::move(answer).error());
    if (!answer) {
      ++runs.failed;
      runs.error = answer.error().message;
      continue;
    }
    ++runs.asked;
    ++runs.answers[answer->text];
    ++runs.claims[claims_key(answer->text)];
  }
  if (runs.asked == 0) return fail(ErrorCode::kUnavailable, "no control was answered: " + runs.error);
  return runs;
}

double difference_by_chance(const ControlRuns& a, const ControlRuns& b) {
  if (a.claims.empty() || b.claims.empty()) return 1.0;
  const auto most = std::ranges::max_element(a.claims, {}, [](const auto& each) { return each.second; });
  const std::uint32_t with_a = most->second, with_b = count(b.claims, most->first);
  return fisher_exact(with_a, a.asked - with_a, with_b, b.asked - with_b);
}

void decide_by_controls(Comparison& comparison, const ControlRuns& a, const ControlRuns& b,
                        const std::map<std::string, std::string>& parties) {
  if (comparison.same_answer || comparison.basis == Basis::kProved) return;
  const Side &x = comparison.a, &y = comparison.b;
  const std::string claims_a = claims_key(x.answer), claims_b = claims_key(y.answer);
  const bool same_model = x.model.by_backend == y.model.by_backend && x.model.by_model == y.model.by_model &&
                          x.model.by_endpoint == y.model.by_endpoint && x.model.parameters == y.model.parameters;
  if (comparison.same_prompt && same_model) {
    // One prompt, one model: the runs of both are runs of one.
    const std::uint32_t like_a = count(a.answers, x.answer) + count(b.answers, x.answer);
    const std::uint32_t like_b = count(a.answers, y.answer) + count(b.answers, y.answer);
    ControlRuns all = a;
    all.asked += b.asked;
    for (const auto& [text, n] : b.answers) all.answers[text] += n;
    const std::string asked = std::to_string(all.asked), distinct = std::to_string(all.answers.size());
    if (all.answers.size() > 1)
      return settle(comparison,
                    {{{"model_randomness"}}, Basis::kProved,
                     {"the same prompt put to the same model " + asked + " times gave " + distinct +
                          " different answers; the first came " + std::to_string(like_a) + " times, the second " +
                          std::to_string(like_b) + " times",
                      "同一提示词向同一模型提问 " + asked + " 次，得到 " + distinct + " 种不同回答；第一次的回答出现 " +
                          std::to_string(like_a) + " 次，第二次的回答出现 " + std::to_string(like_b) + " 次"},
                     {}},
                    parties);
    const bool known = like_a + like_b > 0;
    return settle(comparison,
                  {{{"undecidable"}}, Basis::kUndecidable,
                   {"the model now repeats itself " + of_runs(all.asked, all) + " times" +
                        (known ? ", with one of the two answers" : ", with neither answer") + ": it may have been changed without notice",
                    "模型现在 " + asked + " 次都给出同一回答" + (known ? "，且是两次回答之一" : "，且与两次回答都不同") +
                        "：模型可能已被悄然更换"},
                   comparison.decided_by},
                  parties);
  }
  const double chance = difference_by_chance(a, b);
  const std::string p = std::to_string(chance);
  if (!comparison.same_prompt && same_model) {
    const std::uint32_t first = count(a.claims, claims_b), second = count(b.claims, claims_a);
    if (first > 0 || second > 0) {
      const std::string runs = first > 0 ? of_runs(first, a) : of_runs(second, b);
      return settle(comparison,
                    {{{"model_randomness"}}, Basis::kProved,
                     {(first > 0 ? "the first prompt alone gives the second answer's claims, too: "
                                 : "the second prompt alone gives the first answer's claims, too: ") + runs + " times",
                      (first > 0 ? "仅用第一个提示词也会得到第二次回答的内容：" : "仅用第二个提示词也会得到第一次回答的内容：") + runs + " 次"},
                     {}},
                    parties);
    }
    if (chance < kSignificance && !comparison.prompt_causes.empty())
      return settle(comparison,
                    {comparison.prompt_causes, Basis::kStatistical,
                     {"the two prompts, put to the model " + std::to_string(a.asked) + " and " + std::to_string(b.asked) +
                          " times, give other claims (p = " + p + ", Fisher's exact test)",
                      "两个提示词分别提问 " + std::to_string(a.asked) + " 次和 " + std::to_string(b.asked) +
                          " 次，内容有显著差异（p = " + p + "，费舍尔精确检验）"},
                     {}},
                    parties);
    return;
  }
  if (comparison.same_prompt && chance < kSignificance)
    settle(comparison,
           {{{comparison.answer_cause}}, Basis::kStatistical,
            {comparison.reason.english + "; asked again, the two give other claims (p = " + p + ")",
             comparison.reason.chinese + "；再次提问，两者内容有显著差异（p = " + p + "）"},
            {}},
           parties);
}

}  // namespace grounds
