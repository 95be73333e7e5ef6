#include "answer/asker/asker.h"

#include "answer/extractive.h"
#include "answer/templates.h"

namespace grounds {
namespace {

Result<PromptTemplate> template_by_id(const std::string& id) {
  for (const PromptTemplate& each : built_in_templates())
    if (each.id() == id) return each;
  return fail(ErrorCode::kNotFound, "prompt template " + id + " is not in this version of grounds",
              "replay the answer with the version that gave it");
}

}  // namespace

Result<Assembly> assemble(Searcher& searcher, const Snapshot& snapshot, const Query& query,
                          std::string_view question, const std::string& template_id, const ClockInputs& clock) {
  // Two hits may be one text; look at twice as many as the prompt takes.
  auto k = static_cast<std::uint32_t>(query.settings.integer("evidence.max_chunks")) * 2;
  Assembly assembly;
  GROUNDS_ASSIGN_OR_RETURN(std::vector<SearchHit> hits, searcher.hits(snapshot, query, k));
  GROUNDS_ASSIGN_OR_RETURN(assembly.evidence, make_evidence(snapshot, query, hits, searcher.analyzer()));
  GROUNDS_ASSIGN_OR_RETURN(PromptTemplate prompt_template, template_by_id(template_id));
  GROUNDS_ASSIGN_OR_RETURN(assembly.prompt, render_prompt(prompt_template, question, assembly.evidence, clock));
  return assembly;
}

AnswerText answer_extractively(std::string_view question, std::span<const EvidenceItem> evidence,
                               const ClockInputs& clock, const Analyzer& analyzer, const Settings& settings) {
  (void)settings;
  return extractive_answer(question, evidence, clock, analyzer, ExtractiveSettings{});
}

Result<Answer> Asker::answer(const AskRequest& request, AnswerInputs& inputs) {
  UnixMillis started = clock_.now();
  Answer answer;
  answer.backend = request.backend;
  GROUNDS_ASSIGN_OR_RETURN(auto snapshot, searcher_.snapshot(request.collection, request.principal, request.as_of));
  answer.generation = inputs.generation = snapshot->generation;
  inputs.collection = snapshot->collection.name;
  inputs.collection_id = snapshot->collection.id;
  inputs.access_generation = snapshot->access_generation;
  inputs.settings_version = snapshot->collection.settings_version;
  GROUNDS_ASSIGN_OR_RETURN(inputs.query, searcher_.prepare(*snapshot, request.question, SearchMode::kHybrid));
  for (const Snapshot::SpaceViews& views : snapshot->spaces) {
    if (!inputs.query.codes.contains(views.space.fingerprint)) continue;
    GROUNDS_ASSIGN_OR_RETURN(auto encoder, searcher_.encoders().get(views.space.identity));
    inputs.models[views.space.fingerprint] = {views.space.identity, encoder->runtime().to_json()};
  }
  GROUNDS_ASSIGN_OR_RETURN(Assembly assembly, assemble(searcher_, *snapshot, inputs.query, request.question,
                                                       inputs.template_id, inputs.clock));
  inputs.evidence_json = evidence_to_json(assembly.evidence);
  inputs.prompt = std::move(assembly.prompt);
  answer.evidence = std::move(assembly.evidence);
  UnixMillis retrieved = clock_.now();
  answer.retrieval_ms = retrieved - started;
  answer.text = answer_extractively(request.question, answer.evidence, inputs.clock, searcher_.analyzer(),
                                    inputs.query.settings);
  answer.model_ms = clock_.now() - retrieved;
  return answer;
}

Result<Answer> Asker::ask(const AskRequest& request) {
  GROUNDS_RETURN_IF_ERROR(check_question(request.question));
  if (request.backend != "extractive")
    return fail(ErrorCode::kNotFound, "no backend '" + request.backend + "'", "backends: extractive");
  GROUNDS_ASSIGN_OR_RETURN(PromptTemplate prompt_template,
                           find_template(request.prompt_template, question_language(request.question)));
  AnswerInputs inputs;
  inputs.collection = request.collection;
  inputs.principal = request.principal;
  inputs.clock = {clock_.now(), clock_.zone()};
  inputs.question = request.question;
  inputs.backend = request.backend;
  inputs.template_id = prompt_template.id();
  auto answered = answer(request, inputs);
  AnswerOutcome outcome;
  if (answered) {
    outcome.text = answered->text;
    outcome.retrieval_ms = answered->retrieval_ms;
    outcome.model_ms = answered->model_ms;
  } else {
    // Nothing was asked of a collection that is not there.
    if (answered.error().code == ErrorCode::kNotFound) return answered;
    outcome.status = "failed";
    outcome.error = error_code_name(answered.error().code);
    outcome.error_message = answered.error().message;
  }
  std::string id = ledger_.new_answer_id();
  auto recorded = ledger_.append_complete(id, opened_entry(inputs), closed_entry(outcome));
  if (!recorded)
    return fail(ErrorCode::kUnavailable, "the answer could not be recorded and is withheld: " + recorded.error().message,
                recorded.error().hint.empty() ? "free space on the disk that holds the ledger, then ask again"
                                              : recorded.error().hint);
  if (!answered) return answered;
  answered->answer_id = id;
  return answered;
}

}  // namespace grounds
