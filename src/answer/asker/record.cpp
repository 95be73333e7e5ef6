#include "answer/asker/record.h"

#include "base/canonical_json.h"

namespace grounds {
namespace {

// The format of the entries' bodies; a change that a reader must know of raises it.
constexpr int kRecordFormat = 1;

Result<std::string> text_of(const RecordedAnswer& recorded, const std::string& name) {
  if (auto found = recorded.texts.find(name); found != recorded.texts.end()) return found->second;
  return fail(ErrorCode::kNotFound, "the " + name + " of answer " + recorded.answer_id + " was erased");
}

}  // namespace

EntryContent opened_entry(const AnswerInputs& inputs) {
  EntryContent entry;
  Json models = Json::object();
  for (const auto& [fingerprint, model] : inputs.models)
    models[fingerprint] = {{"identity", Json::parse(model.first)}, {"runtime", Json::parse(model.second)}};
  entry.body = {{"format", kRecordFormat},
                {"software", GROUNDS_VERSION},
                {"collection", inputs.collection},
                {"collection_id", inputs.collection_id},
                {"generation", inputs.generation},
                {"access_generation", inputs.access_generation},
                {"principal",
                 {{"user", inputs.principal.user},
                  {"groups", inputs.principal.groups},
                  {"admin", inputs.principal.admin},
                  {"auditor", inputs.principal.auditor}}},
                {"clock", {{"now", inputs.clock.now}, {"zone", inputs.clock.zone}}},
                {"mode", search_mode_name(inputs.query.mode)},
                {"settings", inputs.query.settings.values()},
                {"settings_version", inputs.settings_version},
                {"analyzer", inputs.query.analyzer},
                {"backend", inputs.backend},
                {"template", inputs.template_id},
                {"models", std::move(models)}};
  entry.texts = {{"question", inputs.question},
                 {"query", inputs.query.to_json()},
                 {"evidence", inputs.evidence_json},
                 {"prompt", inputs.prompt}};
  return entry;
}

Result<AnswerInputs> read_inputs(const RecordedAnswer& recorded) {
  AnswerInputs inputs;
  try {
    const Json& body = recorded.opened.body;
    if (body.at("format") != kRecordFormat)
      return fail(ErrorCode::kUsage, "answer " + recorded.answer_id + " was recorded by a later version of grounds",
                  "replay it with that version");
    inputs.collection = body.at("collection");
    inputs.collection_id = body.at("collection_id");
    inputs.generation = body.at("generation");
    inputs.access_generation = body.at("access_generation");
    const Json& principal = body.at("principal");
    inputs.principal = {principal.at("user"), principal.at("groups"), principal.at("admin"), principal.at("auditor")};
    inputs.clock.now = body.at("clock").at("now");
    inputs.clock.zone = body.at("clock").at("zone");
    inputs.settings_version = body.at("settings_version");
    inputs.backend = body.at("backend");
    inputs.template_id = body.at("template");
    for (const auto& [fingerprint, model] : body.at("models").items())
      inputs.models[fingerprint] = {*canonical_json(model.at("identity")), *canonical_json(model.at("runtime"))};
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kDamaged, "the record of answer " + recorded.answer_id + " cannot be read: " + error.what(),
                "run: grounds verify");
  }
  GROUNDS_ASSIGN_OR_RETURN(inputs.question, text_of(recorded, "question"));
  GROUNDS_ASSIGN_OR_RETURN(std::string query, text_of(recorded, "query"));
  GROUNDS_ASSIGN_OR_RETURN(inputs.query, Query::from_json(query));
  GROUNDS_ASSIGN_OR_RETURN(inputs.evidence_json, text_of(recorded, "evidence"));
  GROUNDS_ASSIGN_OR_RETURN(inputs.prompt, text_of(recorded, "prompt"));
  return inputs;
}

EntryContent closed_entry(const AnswerOutcome& outcome) {
  EntryContent entry;
  entry.body = {{"format", kRecordFormat},
                {"status", outcome.status},
                {"latency_ms", {{"retrieval", outcome.retrieval_ms}, {"model", outcome.model_ms}}},
                {"attempts", Json::array()}};
  if (outcome.status == "answered") {
    entry.body["verdict"] = verdict_name(outcome.text.verdict);
    entry.texts = {{"response", answer_to_json(outcome.text)}};
  } else {
    entry.body["error"] = outcome.error;
    entry.texts = {{"error", outcome.error_message}};
  }
  return entry;
}

Json citations_json(const AnswerText& answer) {
  Json citations = Json::array();
  for (const Citation& citation : answer.citations)
    citations.push_back({{"marker", citation.marker},
                         {"uri", citation.uri},
                         {"page", citation.page > 0 ? Json(citation.page) : Json(nullptr)},
                         {"begin", citation.begin},
                         {"end", citation.end},
                         {"quote", citation.quote}});
  return citations;
}

std::string answer_to_json(const AnswerText& answer) {
  Json json = {{"answer", answer.answer},
               {"verdict", verdict_name(answer.verdict)},
               {"citations", citations_json(answer)},
               {"unsupported", answer.unsupported}};
  return *canonical_json(json);
}

}  // namespace grounds
