#include "answer/asker/record.h"

#include <openssl/evp.h>

#include "answer/backends/openai.h"
#include "base/canonical_json.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "index/generation/graphs.h"

namespace grounds {
namespace {

// The format of the entries' bodies; a change that a reader must know of raises it.
constexpr int kRecordFormat = 1;

Result<std::string> text_of(const RecordedAnswer& recorded, const std::string& name) {
  if (auto found = recorded.texts.find(name); found != recorded.texts.end()) return found->second;
  // Only texts that match their commitments are handed out.
  for (const LedgerProblem& problem : recorded.problems)
    if (problem.detail.find("'" + name + "'") != std::string::npos)
      return fail(ErrorCode::kDamaged, "record " + std::to_string(problem.record) + " of answer " + recorded.answer_id + " is damaged: " + problem.detail,
                  "run: grounds verify");
  return fail(ErrorCode::kNotFound, "the " + name + " of answer " + recorded.answer_id + " was erased");
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
std::string text_of_member(const Json& object, const char* key) {
  auto found = object.find(key);
  return found == object.end() || found->is_null() ? std::string() : found->get<std::string>();
}

Json messages_json(const std::vector<Message>& messages) {
  Json list = Json::array();
  for (const Message& message : messages) list.push_back({{"role", message.role}, {"content", message.content}});
  return list;
}

std::string base64(const std::string& bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return out;
}

// Texts of the ledger are UTF-8; other bytes are kept as base64, and the encoding says so.
std::string put_bytes(EntryContent& entry, const std::string& name, const std::string& bytes) {
  if (bytes.empty()) return "none";
  const bool plain = is_valid_utf8(bytes);
  entry.texts[name] = plain ? bytes : base64(bytes);
  return plain ? "utf-8" : "base64";
}

// In approximate mode the evidence depends on the graphs as well, and no other index need give it again.
Json index_json(const AnswerInputs& inputs) {
  if (!is_approximate(inputs.query.settings)) return {{"mode", "exact"}, {"reproducible", true}};
  return {{"mode", "approximate"}, {"reproducible", false}, {"graphs", inputs.graphs}};
}

Json attempt_json(const Attempt& attempt, EntryContent& entry) {
  const std::string prefix = "attempt/" + std::to_string(attempt.number) + "/";
  Json json = {{"number", attempt.number},
               {"backend", attempt.backend},
               {"endpoint", attempt.endpoint},
               {"model", attempt.model},
               {"started", attempt.started},
               {"waited_ms", attempt.waited_ms},
               {"queued_ms", attempt.queued_ms},
               {"allowed_ms", attempt.allowed_ms},
               {"sample", attempt.sample},
               {"sent", attempt.sent},
               {"reserved", attempt.reserved},
               {"charged", attempt.charged},
               {"latency_ms", attempt.latency_ms},
               {"first_byte_ms", attempt.first_byte_ms},
               {"status", attempt.status},
               {"outcome", attempt.outcome},
               {"headers", attempt.headers},
               {"vendor_request_id", text_or_null(attempt.vendor_request_id)},
               {"reported_model", text_or_null(attempt.reported_model)},
               {"fingerprint", text_or_null(attempt.fingerprint)},
               {"finish_reason", text_or_null(attempt.finish_reason)},
               {"usage", attempt.usage},
               {"streamed", attempt.streamed},
               {"redacted", attempt.redacted},
               {"response_bytes", attempt.response_bytes}};
  json["request_encoding"] = put_bytes(entry, prefix + "request", attempt.request);
  json["response_encoding"] = put_bytes(entry, prefix + "response", attempt.response);
  if (!attempt.reasoning.empty()) entry.texts[prefix + "reasoning"] = attempt.reasoning;
  return json;
}

}  // namespace

std::string history_text(const std::vector<Message>& messages) {
  std::string text;
  for (const Message& message : messages) {
    if (!text.empty()) text += '\n';
    text += message.role + ": ";
    // A turn stands on one line: none can pose as another speaker's.
    for (char c : message.content) text += c == '\n' || c == '\r' ? ' ' : c;
  }
  return text;
}

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
                {"index", index_json(inputs)},
                {"backend", inputs.backend},
                {"backend_kind", inputs.model.kind},
                {"endpoint", text_or_null(inputs.model.endpoint)},
                {"model", text_or_null(inputs.model.model)},
                {"parameters", inputs.model.parameters},
                {"gate", inputs.gate},
                {"timeout_seconds", inputs.model.timeout_seconds},
                {"fallback", inputs.model.fallback},
                {"template", inputs.template_id},
                {"turns", inputs.messages.size()},
                {"fresh", inputs.fresh},
                {"reuse", inputs.reuse},
                {"policy", inputs.policy},
                {"epoch", inputs.epoch},
                {"job", text_or_null(inputs.job)},
                {"key", text_or_null(inputs.key)},
                {"models", std::move(models)}};
  entry.texts = {{"question", inputs.question},
                 {"query", inputs.query.to_json()},
                 {"evidence", inputs.evidence_json},
                 {"prompt", inputs.prompt}};
  if (!inputs.messages.empty()) entry.texts["history"] = canonical_text(messages_json(inputs.messages));
  if (!inputs.template_text.empty()) entry.texts["template"] = inputs.template_text;
  return entry;
}

namespace {

// Members that the first records lack; those are of the extractive backend.
void read_backend_inputs(const Json& body, AnswerInputs& inputs) {
  inputs.model.name = inputs.backend;
  if (!body.contains("backend_kind")) return;
  inputs.model.kind = body.at("backend_kind");
  inputs.model.endpoint = text_of_member(body, "endpoint");
  inputs.model.model = text_of_member(body, "model");
  inputs.model.parameters = body.at("parameters");
  inputs.model.timeout_seconds = body.at("timeout_seconds");
  inputs.model.fallback = body.at("fallback").get<std::vector<std::string>>();
  inputs.gate = body.value("gate", inputs.model.parameters.value("gate", std::string()));
  inputs.fresh = body.at("fresh");
  inputs.reuse = body.at("reuse");
  inputs.policy = body.at("policy");
  inputs.job = text_of_member(body, "job");
  inputs.key = text_of_member(body, "key");
  inputs.epoch = body.value("epoch", std::int64_t{1});
}

Status read_messages(const RecordedAnswer& recorded, AnswerInputs& inputs) {
  if (recorded.opened.body.value("turns", 0) == 0) return {};
  GROUNDS_ASSIGN_OR_RETURN(std::string text, text_of(recorded, "history"));
  GROUNDS_ASSIGN_OR_RETURN(Json list, parse_json(text));
  try {
    for (const Json& each : list) inputs.messages.push_back({each.at("role"), each.at("content")});
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kDamaged, "the history of answer " + recorded.answer_id + " cannot be read: " + error.what(),
                "run: grounds verify");
  }
  return {};
}

}  // namespace

Result<AnswerInputs> read_inputs(const RecordedAnswer& recorded) {
  AnswerInputs inputs;
  try {
    const Json& body = recorded.opened.body;
    if (body.contains("event"))
      return fail(ErrorCode::kUsage, recorded.answer_id + " records a " + body.at("event").get<std::string>() + ", no answer",
                  "grounds answers list shows the answers");
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
    read_backend_inputs(body, inputs);
    if (body.contains("index") && body.at("index").contains("graphs"))
      inputs.graphs = body.at("index").at("graphs").get<std::vector<std::string>>();
    for (const auto& [fingerprint, model] : body.at("models").items())
      inputs.models[fingerprint] = {canonical_text(model.at("identity")), canonical_text(model.at("runtime"))};
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kDamaged, "the record of answer " + recorded.answer_id + " cannot be read: " + error.what(),
                "run: grounds verify");
  }
  GROUNDS_ASSIGN_OR_RETURN(inputs.question, text_of(recorded, "question"));
  GROUNDS_RETURN_IF_ERROR(read_messages(recorded, inputs));
  if (recorded.opened.commitments.contains("template")) {
    GROUNDS_ASSIGN_OR_RETURN(inputs.template_text, text_of(recorded, "template"));
  }
  GROUNDS_ASSIGN_OR_RETURN(std::string query, text_of(recorded, "query"));
  GROUNDS_ASSIGN_OR_RETURN(inputs.query, Query::from_json(query));
  GROUNDS_ASSIGN_OR_RETURN(inputs.evidence_json, text_of(recorded, "evidence"));
  GROUNDS_ASSIGN_OR_RETURN(inputs.prompt, text_of(recorded, "prompt"));
  return inputs;
}

Json samples_json(const Samples& samples) {
  if (samples.taken == 0) return nullptr;
  return {{"wanted", samples.wanted}, {"taken", samples.taken}, {"agreeing", samples.agreeing}};
}

Json attempts_json(const std::vector<Attempt>& attempts, EntryContent& entry) {
  Json list = Json::array();
  for (const Attempt& attempt : attempts) list.push_back(attempt_json(attempt, entry));
  return list;
}

EntryContent closed_entry(const AnswerOutcome& outcome) {
  EntryContent entry;
  Json attempts = attempts_json(outcome.attempts, entry);
  entry.body = {{"format", kRecordFormat},
                {"status", outcome.status},
                {"latency_ms", {{"retrieval", outcome.retrieval_ms}, {"model", outcome.model_ms}}},
                {"attempts", std::move(attempts)}};
  if (outcome.status == "answered") {
    const AnsweredBy& by = outcome.by;
    entry.body["verdict"] = verdict_name(outcome.text.verdict);
    entry.body["checks"] = {{"backend_verdict", verdict_name(outcome.backend_verdict)},
                            {"verdict", verdict_name(outcome.check_verdict)},
                            {"withheld", outcome.withheld}};
    entry.body["answered_by"] = {{"backend", by.backend},
                                 {"kind", by.kind},
                                 {"endpoint", text_or_null(by.endpoint)},
                                 {"model", text_or_null(by.model)},
                                 {"reported_model", text_or_null(by.reported_model)},
                                 {"fingerprint", text_or_null(by.fingerprint)},
                                 {"fallback", by.fallback},
                                 {"reason", text_or_null(by.reason)}};
    entry.body["finish_reason"] = text_or_null(outcome.finish_reason);
    entry.body["usage"] = outcome.usage;
    entry.body["reused_from"] = text_or_null(outcome.reused_from);
    entry.body["samples"] = samples_json(outcome.samples);
    entry.texts["response"] = answer_to_json(outcome.text);
  } else {
    entry.body["error"] = outcome.error;
    entry.texts["error"] = replace_invalid_utf8(outcome.error_message);
  }
  return entry;
}

Result<AnswerText> read_response(const RecordedAnswer& recorded) {
  GROUNDS_ASSIGN_OR_RETURN(std::string text, text_of(recorded, "response"));
  GROUNDS_ASSIGN_OR_RETURN(Json json, parse_json(text));
  AnswerText answer;
  try {
    answer.answer = json.at("answer");
    const std::string verdict = json.at("verdict");
    for (Verdict each : {Verdict::kSupported, Verdict::kPartly, Verdict::kUnsupported, Verdict::kNotFound})
      if (verdict_name(each) == verdict) answer.verdict = each;
    answer.unsupported = json.at("unsupported").get<std::vector<std::string>>();
    for (const Json& each : json.at("citations")) {
      Citation citation;
      citation.marker = each.at("marker"), citation.uri = each.at("uri"), citation.quote = each.at("quote");
      citation.page = each.at("page").is_null() ? 0 : each.at("page").get<int>();
      citation.begin = each.at("begin"), citation.end = each.at("end");
      answer.citations.push_back(std::move(citation));
    }
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kDamaged, "the response of answer " + recorded.answer_id + " cannot be read: " + error.what(),
                "run: grounds verify");
  }
  return answer;
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
  return canonical_text(json);
}

}  // namespace grounds
