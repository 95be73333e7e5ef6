#include "ledger/replay/replay.h"

#include <algorithm>

#include "answer/asker/asker.h"
#include "answer/asker/record.h"
#include "index/generation/graphs.h"

namespace grounds {
namespace {

Sameness compare(bool equal) { return equal ? Sameness::kIdentical : Sameness::kDifferent; }

// Where two texts first differ, for the person who looks into it.
std::string first_difference(std::string_view what, std::string_view recorded, std::string_view now) {
  std::size_t at = std::ranges::mismatch(recorded, now).in1 - recorded.begin();
  return std::string(what) + " differs from byte " + std::to_string(at) + " on (recorded " +
         std::to_string(recorded.size()) + " bytes, now " + std::to_string(now.size()) + ")";
}

// The query's question-dependent parts, made anew by this program.
void compare_preparation(const AnswerInputs& inputs, const Snapshot& snapshot, const Searcher& searcher,
                         ReplayResult& result) {
  auto fresh = searcher.prepare(snapshot, inputs.query.text, inputs.query.mode);
  if (!fresh) {
    result.details.push_back("the question cannot be prepared anew: " + fresh.error().message);
    return;
  }
  result.embedding = compare(fresh->codes == inputs.query.codes);
  result.analysis = compare(fresh->lexical == inputs.query.lexical && fresh->analyzer == inputs.query.analyzer);
  if (result.embedding == Sameness::kDifferent) {
    result.causes.push_back("embedding");
    result.details.push_back("the question's codes differ: another runtime or processor, or another model");
  }
  if (result.analysis == Sameness::kDifferent) {
    result.causes.push_back("analysis");
    result.details.push_back("the question's terms differ: the analyzer is " + fresh->analyzer + ", it was " +
                             inputs.query.analyzer);
  }
}

void compare_answer(const RecordedAnswer& recorded, const AnswerInputs& inputs,
                    const std::vector<EvidenceItem>& evidence, const Searcher& searcher, ReplayResult& result) {
  if (!recorded.closed || inputs.backend != "extractive") return;
  auto response = recorded.texts.find("response");
  if (response == recorded.texts.end()) {
    if (std::ranges::find(recorded.erased, "response") != recorded.erased.end()) result.answer = Sameness::kErased;
    return;
  }
  std::string now = answer_to_json(
      answer_extractively(inputs.question, evidence, inputs.clock, searcher.analyzer(), inputs.query.settings));
  result.answer = compare(now == response->second);
  if (result.answer == Sameness::kDifferent)
    result.details.push_back(first_difference("the answer", response->second, now));
}

}  // namespace

std::string_view sameness_name(Sameness sameness) {
  switch (sameness) {
    case Sameness::kIdentical: return "identical";
    case Sameness::kDifferent: return "different";
    case Sameness::kPruned: return "pruned";
    case Sameness::kErased: return "erased";
    case Sameness::kNotReplayable: return "not_replayable";
  }
  return "";
}

bool ReplayResult::identical() const {
  return retrieval == Sameness::kIdentical && prompt == Sameness::kIdentical && embedding != Sameness::kDifferent &&
         analysis != Sameness::kDifferent && answer != Sameness::kDifferent;
}

Result<ReplayResult> replay(const RecordedAnswer& recorded, Searcher& searcher) {
  ReplayResult result;
  result.answer_id = recorded.answer_id;
  auto inputs = read_inputs(recorded);
  if (!inputs) {
    if (inputs.error().code == ErrorCode::kDamaged) {
      result.causes.push_back("damaged");
      result.details.push_back(inputs.error().message);
      return result;
    }
    if (inputs.error().code != ErrorCode::kNotFound) return fail(std::move(inputs).error());
    result.prompt = result.answer = Sameness::kErased;
    result.details.push_back(inputs.error().message);
    return result;
  }
  auto snapshot = searcher.snapshots().get(inputs->collection, inputs->principal, inputs->generation,
                                           inputs->access_generation);
  if (snapshot && (*snapshot)->collection.id != inputs->collection_id)
    snapshot = fail(ErrorCode::kNotFound, "collection " + inputs->collection + " was deleted and made anew since");
  if (!snapshot) {
    if (snapshot.error().code != ErrorCode::kNotFound) return fail(std::move(snapshot).error());
    result.retrieval = Sameness::kPruned;
    result.details.push_back(snapshot.error().message);
    return result;
  }
  if (is_approximate(inputs->query.settings) && inputs->graphs != (*snapshot)->graph_hashes()) {
    // Other graphs may find other chunks, and the same would be luck.
    result.details.push_back("found in approximate mode, with graphs of the index that are gone or changed since: nothing is "
                             "shown by searching again");
    compare_preparation(*inputs, **snapshot, searcher, result);
    return result;
  }
  auto prompt_template = recorded_template(*inputs);
  if (!prompt_template) {
    result.details.push_back(prompt_template.error().message);
    return result;
  }
  GROUNDS_ASSIGN_OR_RETURN(Assembly now, assemble(searcher, **snapshot, inputs->query, inputs->question, *prompt_template,
                                                  inputs->clock, history_text(inputs->messages)));
  std::string evidence = evidence_to_json(now.evidence);
  result.retrieval = compare(evidence == inputs->evidence_json);
  result.prompt = compare(now.prompt == inputs->prompt);
  if (result.retrieval == Sameness::kDifferent)
    result.details.push_back(first_difference("the evidence", inputs->evidence_json, evidence));
  if (result.prompt == Sameness::kDifferent)
    result.details.push_back(first_difference("the prompt", inputs->prompt, now.prompt));
  compare_preparation(*inputs, **snapshot, searcher, result);
  compare_answer(recorded, *inputs, now.evidence, searcher, result);
  // The recorded query, generations and permissions are the same, so what remains is the program.
  if (result.retrieval == Sameness::kDifferent || result.prompt == Sameness::kDifferent ||
      result.answer == Sameness::kDifferent)
    result.causes.insert(result.causes.begin(), "software");
  return result;
}

}  // namespace grounds
