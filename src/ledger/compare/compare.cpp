#include "ledger/compare/compare.h"

#include <algorithm>

#include "answer/asker/asker.h"
#include "answer/templates.h"
#include "index/generation/erase.h"
#include "ledger/compare/cause_search.h"
#include "ledger/compare/parties.h"

namespace grounds {
namespace {

class Comparing {
 public:
  Comparing(const CompareServices& services, Comparison& result, const CompareOptions& options)
      : services_(services), result_(result), options_(options) {}

  Status run() {
    Comparison& r = result_;
    r.same_prompt = r.a.inputs.prompt == r.b.inputs.prompt;
    r.same_evidence = r.a.inputs.evidence_json == r.b.inputs.evidence_json;
    r.same_answer = r.a.status == r.b.status && r.a.answer == r.b.answer;
    const bool both_answered = r.a.status == "answered" && r.b.status == "answered";
    if (both_answered) r.claims = compare_claims(r.a, r.b);
    r.same_claims = r.same_answer || (both_answered && r.claims.same());
    auto mixer = Mixer::create(services_, r.a, r.b);
    if (!mixer && mixer.error().code != ErrorCode::kNotFound) return fail(std::move(mixer).error());
    if (mixer) {
      mixer_ = std::move(*mixer);
      r.differing = mixer_->differing();
      GROUNDS_RETURN_IF_ERROR(replay_baselines());
    } else {
      r.baseline_a = r.baseline_b = Sameness::kPruned;
      r.details.push_back(mixer.error().message);
    }
    GROUNDS_RETURN_IF_ERROR(find_prompt_causes());
    GROUNDS_RETURN_IF_ERROR(find_answer_cause());
    GROUNDS_RETURN_IF_ERROR(collect_findings());
    assign_parties();
    return {};
  }

 private:
  bool replays() const {
    return result_.baseline_a == Sameness::kIdentical && result_.baseline_b == Sameness::kIdentical;
  }

  Result<MixedPrompt> mix(FactorSet from_b, const std::set<std::string>* documents = nullptr) {
    ++result_.mixtures;
    return mixer_->mix(from_b, documents);
  }

  Result<Sameness> replay_baseline(FactorSet from_b, const Side& side, std::vector<EvidenceItem>& evidence) {
    auto mixed = mix(from_b);
    if (!mixed && mixed.error().code == ErrorCode::kUnavailable) {
      result_.details.push_back("answer " + side.answer_id + ": " + mixed.error().message);
      return Sameness::kNotReplayable;
    }
    GROUNDS_RETURN_IF_ERROR(mixed);
    evidence = std::move(mixed->evidence);
    if (evidence_to_json(evidence) == side.inputs.evidence_json && mixed->prompt == side.inputs.prompt)
      return Sameness::kIdentical;
    GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, services_.workspace.catalog());
    GROUNDS_ASSIGN_OR_RETURN(bool erased, erased_since(*catalog, side.inputs.collection_id, side.inputs.generation, side.time));
    if (erased) {
      statistics_changed_ = true;
      result_.details.push_back("answer " + side.answer_id + ": a document that its generation counted was erased since");
      return Sameness::kDifferent;
    }
    result_.details.push_back("answer " + side.answer_id + ", recorded by grounds " + side.software +
                              ", gets another prompt from this program: the software changed since");
    software_gives_b_ = side.answer_id == result_.a.answer_id && mixed->prompt == result_.b.inputs.prompt;
    return Sameness::kDifferent;
  }

  Status replay_baselines() {
    GROUNDS_ASSIGN_OR_RETURN(result_.baseline_a, replay_baseline(FactorSet(), result_.a, evidence_a_));
    GROUNDS_ASSIGN_OR_RETURN(result_.baseline_b, replay_baseline(result_.differing, result_.b, evidence_b_));
    return {};
  }

  Status find_prompt_causes() {
    Comparison& r = result_;
    if (r.same_prompt) {
      r.prompt_basis = Basis::kProved;
      return {};
    }
    if (mixer_ && replays()) {
      GROUNDS_ASSIGN_OR_RETURN(CauseSets sets, find_minimal_sets(r.differing, [&](FactorSet set) -> Result<bool> {
        GROUNDS_ASSIGN_OR_RETURN(MixedPrompt mixed, mix(set));
        return mixed.prompt == r.b.inputs.prompt;
      }));
      r.prompt_causes = names_of(sets.minimal);
      r.prompt_basis = sets.minimal.empty() ? Basis::kUndecidable : Basis::kProved;
      for (const std::string& reason : sets.not_tried) r.details.push_back("not tried: " + reason);
      return {};
    }
    // What this program made of the first record is the second one's prompt: nothing else was needed.
    if (r.baseline_b == Sameness::kIdentical && software_gives_b_) {
      r.prompt_causes = {{"software"}};
      r.prompt_basis = Basis::kProved;
    } else if (!statistics_changed_ && (r.baseline_a == Sameness::kDifferent || r.baseline_b == Sameness::kDifferent)) {
      r.prompt_causes = {{"software"}};
    }
    return {};
  }

  // Minimal sets that give the second answer's evidence; wanted where a claim has to be traced to it.
  Result<std::vector<FactorSet>> evidence_causes() {
    const std::string wanted = texts_of(evidence_b_);
    if (texts_of(evidence_a_) == wanted) return std::vector<FactorSet>();
    GROUNDS_ASSIGN_OR_RETURN(CauseSets sets, find_minimal_sets(result_.differing, [&](FactorSet set) -> Result<bool> {
      GROUNDS_ASSIGN_OR_RETURN(MixedPrompt mixed, mix(set));
      return texts_of(mixed.evidence) == wanted;
    }));
    return sets.minimal;
  }

  static std::string texts_of(const std::vector<EvidenceItem>& evidence) {
    std::string all;
    for (const EvidenceItem& item : evidence) all += item.uri + '\0' + item.heading + '\0' + item.table_header + '\0' + item.text + '\0';
    return all;
  }

  void decide(AnswerCause cause) {
    result_.causes = cause.causes();
    result_.answer_causes = std::move(cause.sets);
    result_.answer_cause = result_.causes.front();
    result_.basis = cause.basis;
    result_.reason = std::move(cause.reason);
    result_.decided_by = std::move(cause.decided_by);
  }

  Status find_answer_cause() {
    Comparison& r = result_;
    if (r.same_answer) {
      decide({{{"none"}}, Basis::kProved, {"the answers are the same, byte for byte", "两次回答逐字节相同"}, {}});
      return {};
    }
    if (r.b.status == kNotAsked) {
      decide({{{"undecidable"}}, Basis::kUndecidable,
              {"no model is asked for today's answer; what is compared is what it would be sent", "未向模型重新提问；此处只比较会发送给它的内容"},
              {"asking it: grounds replay " + r.a.answer_id + " --model 10", "向它提问：grounds replay " + r.a.answer_id + " --model 10"}});
      return {};
    }
    for (const Side* side : {&r.a, &r.b})
      if (side->status != "answered") {
        decide({{{"undecidable"}}, Basis::kUndecidable,
                {"answer " + side->answer_id + " was " + side->status, "回答 " + side->answer_id + " 的状态为 " + side->status},
                {"asking it again", "重新提问"}});
        return {};
      }
    if (r.same_prompt && !(r.a.model.deterministic() && r.b.model.deterministic())) {
      decide(cause_of_equal_prompts(r.a, r.b));
      return {};
    }
    if (!replays()) {
      decide_without_replay();
      return {};
    }
    if (r.a.model.deterministic() && r.b.model.deterministic()) return decide_by_swapping_answers();
    // Another model over another prompt: two things at once that only asking again can tell apart.
    if (AnswerCause equal = cause_of_equal_prompts(r.a, r.b); equal.causes().front() == "routing" || equal.causes().front() == "model") {
      decide({{{"undecidable"}}, Basis::kUndecidable, {"both the prompt and who answered differ", "提示词与回答者都不同"},
              {"asking both prompts of both: grounds compare A B --controls 10",
               "把两个提示词分别向双方提问：grounds compare A B --controls 10"}});
      return {};
    }
    GROUNDS_ASSIGN_OR_RETURN(std::vector<FactorSet> sets, evidence_causes());
    decide(cause_by_claims(r.claims, evidence_a_, evidence_b_, sets));
    return {};
  }

  void decide_without_replay() {
    const Comparison& r = result_;
    auto different = [&](Sameness sameness) { return r.baseline_a == sameness || r.baseline_b == sameness; };
    if (different(Sameness::kDifferent) && r.prompt_basis == Basis::kProved) {
      decide({{{"software"}}, Basis::kByExclusion,
              {"the same record gives this program the other answer's prompt", "同一记录在本程序下得到另一次回答的提示词"}, {}});
      return;
    }
    Sentence why{"a recorded prompt cannot be assembled again", "记录的提示词无法重新生成"};
    Sentence by{"a backup of that time: grounds restore", "恢复当时的备份：grounds restore"};
    if (statistics_changed_) {
      why = {"a document that the answers' statistics counted was erased since", "回答的统计所计入的某份文档此后已被彻底删除"};
    } else if (different(Sameness::kDifferent)) {
      why = {"a recorded prompt cannot be assembled again by this program, so that what else changed it cannot be proven",
             "本程序无法重新生成记录的提示词，因此无法证明还有什么改变了它"};
      by = {"replaying with the version of grounds that gave it", "用给出该回答的 grounds 版本重放"};
    } else if (different(Sameness::kPruned)) {
      why = {"what the answers were made from was pruned", "回答所依据的数据版本已被清理"};
    }
    if (!r.details.empty()) why = {why.english + ": " + r.details.front(), why.chinese + "（" + r.details.front() + "）"};
    decide({{{"undecidable"}}, Basis::kUndecidable, std::move(why), std::move(by)});
  }

  // The extractive backend is a function of what is swapped, so its answer can be replayed as well.
  Status decide_by_swapping_answers() {
    Comparison& r = result_;
    GROUNDS_ASSIGN_OR_RETURN(std::string now_a, mixer_->answer(FactorSet(), evidence_a_));
    GROUNDS_ASSIGN_OR_RETURN(std::string now_b, mixer_->answer(r.differing, evidence_b_));
    if (now_a != r.a.answer || now_b != r.b.answer) {
      r.details.push_back("the extractive backend of this program answers otherwise than the one on record");
      const std::string& id = (now_a != r.a.answer ? r.a : r.b).answer_id;
      decide({{{"software"}}, Basis::kByExclusion,
              {"the prompts replay, and the extractive backend of this program answers otherwise than what is recorded of " + id,
               "提示词可以重放，但本程序的摘录式后端给出的回答与记录 " + id + " 不同"},
              {}});
      return {};
    }
    GROUNDS_ASSIGN_OR_RETURN(CauseSets sets, find_minimal_sets(r.differing, [&](FactorSet set) -> Result<bool> {
      GROUNDS_ASSIGN_OR_RETURN(MixedPrompt mixed, mix(set));
      GROUNDS_ASSIGN_OR_RETURN(std::string answer, mixer_->answer(set, mixed.evidence));
      return answer == r.b.answer;
    }));
    if (sets.minimal.empty()) {
      decide({{{"undecidable"}}, Basis::kUndecidable,
              {"no mixture of the two records gives the other answer", "两份记录的任何组合都得不到另一次回答"},
              {"a report to the project", "向项目方报告"}});
      return {};
    }
    auto causes = names_of(sets.minimal);
    Sentence reason{"swapping " + join_causes(causes) + " alone gives the other answer, byte for byte",
                    "仅交换上述输入，即逐字节得到另一次回答"};
    decide({std::move(causes), Basis::kProved, std::move(reason), {}});
    return {};
  }

  Status collect_findings() {
    static const std::vector<DocumentChange> kNone;
    GROUNDS_ASSIGN_OR_RETURN(result_.evidence, find_changes(services_, result_.a, result_.b, mixer_ ? mixer_->changes() : kNone,
                                                            evidence_a_, evidence_b_, options_.viewer));
    // Do the documents that are named give the other prompt by themselves?
    if (!mixer_ || !replays() || result_.same_prompt || result_.evidence.documents.empty()) return {};
    for (const auto& causes : result_.prompt_causes) {
      if (std::ranges::find(causes, "data") == causes.end()) continue;
      std::set<std::string> uris;
      for (const DocumentFinding& document : result_.evidence.documents) uris.insert(document.uri);
      auto mixed = mix(set_of(causes), &uris);
      if (mixed && mixed->prompt == result_.b.inputs.prompt) result_.evidence.documents_suffice = true;
    }
    return find_decisive_documents();
  }

  // Which of the documents made the answers differ. Of a deterministic backend: those that give the other answer
  // alone, or, if it takes several, all in the prompts. Of a model: those that state what only one answer claims.
  Status find_decisive_documents() {
    if (result_.same_answer || result_.basis != Basis::kProved) return {};
    const bool deterministic = result_.a.model.deterministic() && result_.b.model.deterministic();
    std::vector<DocumentFinding>& documents = result_.evidence.documents;
    for (const auto& causes : result_.answer_causes) {
      if (std::ranges::find(causes, "data") == causes.end() && std::ranges::find(causes, "parser") == causes.end()) continue;
      for (DocumentFinding& document : documents) {
        if (document.decisive || !(document.in_prompt_a || document.in_prompt_b)) continue;
        if (!deterministic) {
          document.decisive = states_claims(evidence_a_, document.uri, result_.claims.only_a) ||
                              states_claims(evidence_b_, document.uri, result_.claims.only_b);
          continue;
        }
        const std::set<std::string> alone{document.uri};
        auto mixed = mix(set_of(causes), &alone);
        if (!mixed) continue;
        GROUNDS_ASSIGN_OR_RETURN(std::string answer, mixer_->answer(set_of(causes), mixed->evidence));
        document.decisive = answer == result_.b.answer;
      }
      if (deterministic && std::ranges::none_of(documents, &DocumentFinding::decisive))
        for (DocumentFinding& document : documents) document.decisive = document.in_prompt_a || document.in_prompt_b;
    }
    std::stable_partition(documents.begin(), documents.end(), [](const DocumentFinding& each) { return each.decisive; });
    return {};
  }

  static bool states_claims(const std::vector<EvidenceItem>& evidence, const std::string& uri, const std::vector<Claim>& claims) {
    return std::ranges::any_of(evidence, [&](const EvidenceItem& item) {
      return item.uri == uri && std::ranges::any_of(claims, [&](const Claim& claim) {
               return states(item.title + "\n" + item.heading + "\n" + item.table_header + "\n" + item.text, claim);
             });
    });
  }

  static FactorSet set_of(const std::vector<std::string>& causes) {
    FactorSet set;
    for (Factor factor : kFactors)
      if (std::ranges::find(causes, factor_name(factor)) != causes.end()) set.insert(factor);
    return set;
  }

  // The more precise names under which [parties] may know a cause.
  std::vector<std::string> details_of(const std::string& cause) const {
    std::vector<std::string> names;
    const Findings& found = result_.evidence;
    if (cause == "settings")
      for (const KeyFinding& key : found.settings) names.push_back(key.key);
    if (cause == "data" || cause == "parser")
      for (const DocumentFinding& document : found.documents) {
        names.push_back("job." + (document.b.job.empty() ? document.a.job : document.b.job));
        names.push_back("key." + (document.b.actor.empty() ? document.a.actor : document.b.actor));
      }
    if (cause.starts_with("model") || cause == "routing")
      for (const Side* side : {&result_.b, &result_.a}) names.push_back("backend." + side->model.backend);
    return names;
  }

  void assign_parties() {
    const auto& reason = result_.a.model.fallback ? result_.a.model.fallback_reason : result_.b.model.fallback_reason;
    // Our own limits or configuration turned the primary away: concurrency, budget, a key that is not there.
    bool ours = false;
    for (const char* limit : {"concurrency", "budget", "circuit", "no_key"}) ours |= reason.find(limit) != std::string::npos;
    for (const std::string& cause : result_.causes)
      result_.parties.push_back(party_of(cause, details_of(cause), options_.parties, !ours));
    result_.party = common_party(result_.parties);
  }

  const CompareServices& services_;
  Comparison& result_;
  const CompareOptions& options_;
  std::unique_ptr<Mixer> mixer_;
  std::vector<EvidenceItem> evidence_a_, evidence_b_;
  bool software_gives_b_ = false, statistics_changed_ = false;
};

}  // namespace

Result<Comparison> compare_answers(const CompareServices& services, Side a, Side b, const CompareOptions& options) {
  Comparison result;
  result.a = std::move(a);
  result.b = std::move(b);
  GROUNDS_RETURN_IF_ERROR(Comparing(services, result, options).run());
  return result;
}

Result<Side> side_of_today(const CompareServices& services, const Side& recorded, const ClockInputs& clock) {
  Side side = recorded;
  side.answer_id.clear();
  side.time = clock.now;
  side.software = GROUNDS_VERSION;
  side.model.reused_from.clear();
  AnswerInputs& inputs = side.inputs;
  inputs.clock = {clock.now, recorded.inputs.clock.zone};
  GROUNDS_ASSIGN_OR_RETURN(auto snapshot, services.searcher.snapshot(inputs.collection, inputs.principal, {}));
  inputs.collection_id = snapshot->collection.id;
  inputs.generation = snapshot->generation;
  inputs.access_generation = snapshot->access_generation;
  inputs.settings_version = snapshot->collection.settings_version;
  const std::string text = inputs.query.text;
  GROUNDS_ASSIGN_OR_RETURN(inputs.query, services.searcher.prepare(*snapshot, text, inputs.query.mode));
  inputs.models.clear();
  for (const Snapshot::SpaceViews& views : snapshot->spaces) {
    if (!inputs.query.codes.contains(views.space.fingerprint)) continue;
    GROUNDS_ASSIGN_OR_RETURN(auto encoder, services.searcher.encoders().get(views.space.identity));
    inputs.models[views.space.fingerprint] = {views.space.identity, encoder->runtime().to_json()};
  }
  GROUNDS_ASSIGN_OR_RETURN(auto mixer, Mixer::create(services, side, side));
  GROUNDS_ASSIGN_OR_RETURN(MixedPrompt now, mixer->mix(FactorSet()));
  inputs.evidence_json = evidence_to_json(now.evidence);
  inputs.prompt = std::move(now.prompt);
  side.status = "answered";
  side.answer.clear();
  side.verdict.clear();
  if (recorded.model.deterministic() && recorded.model.kind == "extractive") {
    AnswerText answer = answer_extractively(inputs.question, now.evidence, inputs.clock, services.searcher.analyzer(), inputs.query.settings);
    side.answer = answer.answer;
    side.verdict = verdict_name(answer.verdict);
  } else {
    side.status = kNotAsked;
  }
  return side;
}

}  // namespace grounds
