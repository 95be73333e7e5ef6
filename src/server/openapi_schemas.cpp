#include "server/openapi_schemas.h"

#include <utility>

namespace grounds::openapi {

Json text() { return {{"type", "string"}}; }
Json flag() { return {{"type", "boolean"}}; }
Json whole() { return {{"type", "integer"}}; }
Json number(double least, double most) { return {{"type", "number"}, {"minimum", least}, {"maximum", most}}; }
Json one_of(std::vector<std::string> values) { return {{"type", "string"}, {"enum", values}}; }
Json list(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
Json object(Json properties, std::vector<std::string> required) {
  Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = required;
  return schema;
}
Json closed(Json properties, std::vector<std::string> required) {
  Json schema = object(std::move(properties), std::move(required));
  schema["additionalProperties"] = false;
  return schema;
}
Json ref(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }

namespace {

Json nullable(const char* type) { return {{"type", Json::array({type, "null"})}}; }
Json any_object() { return {{"type", "object"}}; }
Json either(Json a, Json b) { return {{"oneOf", Json::array({std::move(a), std::move(b)})}}; }
Json or_null(Json schema) { return either(std::move(schema), {{"type", "null"}}); }
Json map_of(Json values) { return {{"type", "object"}, {"additionalProperties", std::move(values)}}; }
Json described(Json schema, const char* description) {
  schema["description"] = description;
  return schema;
}
// An object of a response: all that it has, every time.
Json whole_object(Json properties) {
  std::vector<std::string> names;
  for (const auto& [name, schema] : properties.items()) names.push_back(name);
  return object(std::move(properties), std::move(names));
}
Json short_text(int most) { return {{"type", "string"}, {"minLength", 1}, {"maxLength", most}}; }

// A generation, a date or a time.
Json as_of() { return described(either({{"type", "integer"}, {"minimum", 0}}, text()), "A generation, a date or a time"); }

Json messages() {
  const Json part = closed({{"type", one_of({"text"})}, {"text", text()}}, {"type", "text"});
  const Json content = either(text(), list(part));
  return list(closed({{"role", one_of({"user", "assistant", "system"})}, {"content", content}, {"name", text()}}, {"role", "content"}));
}

void add_answer_schemas(Json& all) {
  all["Citation"] = object({{"marker", text()}, {"uri", text()}, {"page", nullable("integer")}, {"begin", described(whole(), "Bytes of UTF-8 in the extract")}, {"end", whole()}, {"quote", text()}},
                           {"marker", "uri", "begin", "end", "quote"});
  all["Answer"] = whole_object(
      {{"answer_id", text()}, {"answer", text()}, {"verdict", one_of({"supported", "partly", "unsupported", "not_found"})}, {"citations", list(ref("Citation"))},
       {"unsupported", list(text())}, {"generation", whole()}, {"backend", text()}, {"model", nullable("string")}, {"reused", flag()}, {"reused_from", nullable("string")},
       {"fallback", flag()}, {"backend_reason", nullable("string")}, {"finish_reason", nullable("string")}, {"withheld", flag()}, {"effective_query", text()},
       {"template", text()}, {"usage", nullable("object")}, {"samples", nullable("object")}, {"retrieval_ms", whole()}, {"model_ms", whole()}});
  all["SearchResult"] = whole_object(
      {{"rank", whole()}, {"chunk_id", text()}, {"uri", text()}, {"title", text()}, {"heading", text()}, {"page_from", nullable("integer")}, {"page_to", nullable("integer")},
       {"begin", whole()}, {"end", whole()}, {"score", nullable("integer")}, {"vector_score", nullable("integer")}, {"lexical_score", nullable("integer")}, {"text", text()}});
  all["Search"] = whole_object({{"collection", text()}, {"query", text()}, {"generation", whole()}, {"mode", one_of({"hybrid", "vector", "lexical"})},
                                {"approximate", flag()}, {"took_ms", whole()},
                                {"results", list(ref("SearchResult"))}});
  all["LedgerEntry"] = whole_object({{"sequence", whole()}, {"time", text()}, {"hash", text()}, {"previous", text()}, {"body", any_object()}});
  all["Record"] = object({{"answer_id", text()}, {"state", text()}, {"opened", ref("LedgerEntry")}, {"closed", or_null(ref("LedgerEntry"))},
                          {"texts", described(any_object(), "Question, evidence, prompt, response and attempts, as far as they may be seen")}, {"erased", list(text())},
                          {"problems", described(list(ref("LedgerProblem")), "What about it does not match its hashes")},
                          {"left_out", described(list(text()), "Texts that are not shown")}},
                         {"answer_id", "state", "opened", "closed", "texts", "erased", "problems"});
  const Json sameness = text();
  all["Replay"] = whole_object({{"answer_id", text()}, {"retrieval", sameness}, {"prompt", sameness}, {"embedding", sameness}, {"analysis", sameness}, {"answer", sameness},
                                {"causes", list(text())}, {"details", list(text())}});
  all["LedgerProblem"] = whole_object({{"record", text()}, {"kind", text()}, {"detail", text()}});
  all["Verification"] = whole_object({{"answer_id", text()}, {"ok", flag()}, {"hash", text()}, {"erased", list(text())}, {"problems", list(ref("LedgerProblem"))}});
  all["Comparison"] = object({{"same_answer", flag()}, {"same_claims", flag()}, {"prompt_causes", list(list(text()))}, {"answer_cause", text()}, {"causes", list(text())},
                              {"basis", one_of({"proved", "statistical", "by_exclusion", "undecidable"})}, {"reason", text()}, {"party", text()}, {"parties", list(text())},
                              {"evidence", any_object()}},
                             {"same_answer", "same_claims", "prompt_causes", "answer_cause", "causes", "basis", "party", "parties", "evidence"});
}

void add_openai_schemas(Json& all) {
  const Json usage = object({{"prompt_tokens", whole()}, {"completion_tokens", whole()}, {"total_tokens", whole()}}, {"prompt_tokens", "total_tokens"});
  const Json message = whole_object({{"role", one_of({"assistant"})}, {"content", text()}});
  const Json choice = whole_object({{"index", whole()}, {"message", message}, {"finish_reason", one_of({"stop", "length", "content_filter"})}});
  all["ChatCompletion"] = whole_object({{"id", text()}, {"object", one_of({"chat.completion"})}, {"created", whole()}, {"model", text()}, {"choices", list(choice)}, {"usage", usage},
                                        {"citations", list(ref("Citation"))}, {"verdict", text()}, {"answer_id", text()}, {"grounds", ref("Answer")}});
  const Json vector = either(list({{"type", "number"}}), text());
  all["Embeddings"] = whole_object({{"object", one_of({"list"})}, {"model", text()}, {"usage", usage},
                                    {"data", list(whole_object({{"object", one_of({"embedding"})}, {"index", whole()}, {"embedding", vector}}))}});
  all["Models"] = whole_object({{"object", one_of({"list"})},
                                {"data", list(whole_object({{"id", text()}, {"object", one_of({"model"})}, {"created", whole()}, {"owned_by", text()}}))}});
}

void add_document_schemas(Json& all) {
  const Json model = whole_object({{"language", text()}, {"model", text()}, {"fingerprint", text()}, {"dimension", whole()}, {"identity", any_object()}});
  all["Collection"] = whole_object({{"name", text()}, {"models", list(model)}, {"generation", whole()}, {"documents", whole()}, {"chunks", whole()}, {"created", text()},
                                    {"settings_version", whole()}, {"settings", map_of(text())}});
  all["Failure"] = whole_object({{"uri", text()}, {"stage", text()}, {"reason", text()}});
  const Json counts = whole_object({{"added", whole()}, {"updated", whole()}, {"renamed", whole()}, {"deleted", whole()}, {"unchanged", whole()}, {"regrouped", whole()}, {"failed", whole()}});
  const Json seconds = {{"type", "number"}};
  all["IngestReport"] = whole_object({{"uri", text()}, {"collection", text()}, {"job", text()}, {"generation", whole()}, {"documents", counts},
                                      {"chunks", whole_object({{"live", whole()}, {"added", whole()}})}, {"embedded", whole()}, {"reused", whole()}, {"tokens", whole()},
                                      {"saturated", whole()}, {"seconds", seconds}, {"embedding_seconds", seconds},
                                      {"stages", whole_object({{"read", seconds}, {"parse", seconds}, {"cut", seconds}, {"embed", seconds}, {"commit", seconds}})}, {"dry_run", flag()}, {"interrupted", flag()},
                                      {"failures", list(ref("Failure"))}});
  all["Deletion"] = whole_object({{"deleted", text()}, {"collection", text()}, {"generation", whole()}});
  const Json states = one_of({"running", "cancelling", "done", "failed", "interrupted", "cancelled", "killed"});
  all["JobBegun"] = whole_object({{"job", text()}, {"collection", text()}, {"kind", text()}, {"state", states}});
  all["JobCancelling"] = whole_object({{"job", text()}, {"state", states}});
  const Json progress = whole_object({{"documents_done", whole()}, {"documents_total", whole()}, {"chunks", whole()}, {"tokens", whole()}, {"seconds", seconds}});
  all["Job"] = object({{"job", text()}, {"collection", text()}, {"kind", text()}, {"state", states}, {"started", text()}, {"finished", nullable("string")}, {"actor", text()},
                       {"failed", whole()}, {"counts", any_object()}, {"failures", list(ref("Failure"))}, {"progress", or_null(progress)}},
                      {"job", "collection", "kind", "state", "started", "finished", "actor", "failed", "counts", "failures"});
}

}  // namespace

Json schemas() {
  Json all = Json::object();
  all["Problem"] = object({{"type", text()}, {"title", text()}, {"status", whole()}, {"detail", text()}, {"code", text()}, {"hint", text()},
                           {"error", described(any_object(), "On the routes of OpenAI's clients: what these look for")}},
                          {"type", "title", "status", "detail", "code", "hint"});
  add_answer_schemas(all);
  add_openai_schemas(all);
  add_document_schemas(all);
  all["Live"] = whole_object({{"live", flag()}});
  all["Ready"] = whole_object({{"ready", flag()}});
  return all;
}

Json ask_body() {
  return closed({{"collection", text()}, {"question", text()}, {"messages", messages()}, {"backend", text()}, {"template", text()}, {"temperature", number(0, 2)}, {"job", text()},
                 {"stream", flag()}, {"fresh", flag()}, {"as_of", as_of()}, {"as", described(text(), "Needs an admin key")}},
                {});
}

Json search_body() {
  const Json value = {{"type", Json::array({"string", "number", "boolean"})}};
  const Json filter = described(either(map_of(value), list(text())), "{\"key\":\"value\"}, or a list of \"key=value\"");
  return closed({{"filter", filter}, {"collection", text()}, {"query", text()}, {"k", Json{{"type", "integer"}, {"minimum", 1}, {"maximum", 1000}}},
                 {"mode", one_of({"hybrid", "vector", "lexical"})}, {"as_of", as_of()}, {"as", described(text(), "Needs an admin key")}},
                {"query"});
}

Json chat_body() {
  Json properties = {{"model", described(text(), "A collection")}, {"messages", messages()}, {"stream", flag()}, {"temperature", number(0, 2)}, {"n", Json{{"const", 1}}},
                     {"stream_options", object({{"include_usage", flag()}})}, {"backend", text()}, {"fresh", flag()}};
  for (const char* passed_over : {"max_tokens", "max_completion_tokens", "top_p", "stop", "presence_penalty", "frequency_penalty", "logit_bias", "user", "seed", "store",
                                  "metadata", "response_format", "reasoning_effort", "service_tier", "parallel_tool_calls", "verbosity", "prompt_cache_key", "safety_identifier",
                                  "logprobs", "top_logprobs"})
    properties[passed_over] = {{"description", "Taken, and without effect"}};
  return closed(std::move(properties), {"model", "messages"});
}

Json embeddings_body() {
  const Json input = either(short_text(1 << 20), Json{{"type", "array"}, {"items", short_text(1 << 20)}, {"minItems", 1}, {"maxItems", 256}});
  return closed({{"model", text()}, {"input", input}, {"encoding_format", one_of({"float", "base64"})}, {"dimensions", whole()}, {"input_type", one_of({"passage", "query"})}, {"user", text()}},
                {"model", "input"});
}

Json collection_body() {
  const Json value = {{"type", Json::array({"string", "number", "boolean"})}};
  return closed({{"name", Json{{"type", "string"}, {"pattern", "^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$"}}},
                 {"model", described(text(), "An embedding model for all documents, or none; without it English and Chinese ones have one each")},
                 {"settings", described(map_of(value), "Keys and values are those that GET /v1/collections/{name} shows")}},
                {"name"});
}

}  // namespace grounds::openapi
