#include "server/openapi.h"

namespace grounds {
namespace {

Json text() { return {{"type", "string"}}; }
Json flag() { return {{"type", "boolean"}}; }
Json whole() { return {{"type", "integer"}}; }
Json number(double least, double most) { return {{"type", "number"}, {"minimum", least}, {"maximum", most}}; }
Json one_of(std::vector<std::string> values) { return {{"type", "string"}, {"enum", values}}; }
Json list(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
Json nullable(const char* type) { return {{"type", Json::array({type, "null"})}}; }
Json object(Json properties, std::vector<std::string> required = {}) {
  Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = required;
  return schema;
}
// A request's body: what is not listed is refused.
Json closed(Json properties, std::vector<std::string> required) {
  Json schema = object(std::move(properties), std::move(required));
  schema["additionalProperties"] = false;
  return schema;
}
Json ref(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }
Json content(const char* type, Json schema) { return {{type, {{"schema", std::move(schema)}}}}; }
Json response(const char* description, const char* type, Json schema) {
  return {{"description", description}, {"content", content(type, std::move(schema))}};
}

Json operation(const char* id, const char* summary, Json responses) {
  responses["default"] = response("An error", "application/problem+json", ref("Problem"));
  return {{"operationId", id}, {"summary", summary}, {"responses", std::move(responses)}};
}
Json json_operation(const char* id, const char* summary, Json schema) {
  return operation(id, summary, {{"200", response("OK", "application/json", std::move(schema))}});
}
Json with_body(Json operation_object, Json schema) {
  operation_object["requestBody"] = {{"required", true}, {"content", content("application/json", std::move(schema))}};
  return operation_object;
}
Json with_path(Json operation_object, const char* name) {
  operation_object["parameters"] = Json::array({Json{{"name", name}, {"in", "path"}, {"required", true}, {"schema", text()}}});
  return operation_object;
}

Json messages() {
  Json part = object({{"type", one_of({"text"})}, {"text", text()}}, {"type", "text"});
  Json content_schema = {{"oneOf", Json::array({text(), list(part)})}};
  return list(object({{"role", one_of({"user", "assistant", "system"})}, {"content", content_schema}}, {"role", "content"}));
}

Json ask_body() {
  Json as_of = {{"oneOf", Json::array({whole(), text()})}, {"description", "A generation, a date or a time"}};
  return closed({{"collection", text()}, {"question", text()}, {"messages", messages()}, {"backend", text()}, {"template", text()},
                 {"temperature", number(0, 2)}, {"job", text()}, {"stream", flag()}, {"fresh", flag()}, {"as_of", as_of},
                 {"as", Json{{"type", "string"}, {"description", "Needs an admin key"}}}},
                {});
}

Json search_body() {
  Json filter = {{"oneOf", Json::array({object(Json::object()), list(text())})}, {"description", "{\"key\":\"value\"}, or a list of \"key=value\""}};
  return closed({{"filter", filter}, {"collection", text()}, {"query", text()}, {"k", Json{{"type", "integer"}, {"minimum", 1}, {"maximum", 1000}}},
                 {"mode", one_of({"hybrid", "vector", "lexical"})}, {"as_of", Json{{"oneOf", Json::array({whole(), text()})}}}, {"as", text()}},
                {"query"});
}

Json schemas() {
  const Json citation = object({{"marker", text()}, {"uri", text()}, {"page", nullable("integer")}, {"begin", whole()}, {"end", whole()}, {"quote", text()}});
  Json all = Json::object();
  all["Citation"] = citation;
  all["Problem"] = object({{"type", text()}, {"title", text()}, {"status", whole()}, {"detail", text()}, {"code", text()}, {"hint", text()}},
                          {"type", "title", "status", "detail", "code"});
  all["Answer"] = object(
      {{"answer_id", text()}, {"answer", text()}, {"verdict", one_of({"supported", "partly", "unsupported", "not_found"})},
       {"citations", list(ref("Citation"))}, {"unsupported", list(text())}, {"generation", whole()}, {"backend", text()},
       {"model", nullable("string")}, {"reused", flag()}, {"reused_from", nullable("string")}, {"fallback", flag()},
       {"backend_reason", nullable("string")}, {"finish_reason", nullable("string")}, {"withheld", flag()}, {"effective_query", text()},
       {"template", text()}, {"usage", nullable("object")}, {"retrieval_ms", whole()}, {"model_ms", whole()}},
      {"answer_id", "answer", "verdict", "citations", "unsupported", "generation", "backend", "model", "reused"});
  all["SearchResult"] = object(
      {{"rank", whole()}, {"chunk_id", text()}, {"uri", text()}, {"title", text()}, {"heading", text()}, {"page_from", nullable("integer")},
       {"page_to", nullable("integer")}, {"begin", whole()}, {"end", whole()}, {"score", nullable("integer")},
       {"vector_score", nullable("integer")}, {"lexical_score", nullable("integer")}, {"text", text()}});
  all["Search"] = object({{"generation", whole()}, {"mode", text()}, {"took_ms", whole()}, {"results", list(ref("SearchResult"))}},
                         {"generation", "mode", "took_ms", "results"});
  all["Collection"] = object({{"name", text()}, {"generation", whole()}, {"documents", whole()}, {"chunks", whole()}});
  return all;
}

Json ask_operation() {
  Json responses = {{"200", {{"description", "The answer, or its events: evidence, delta, answer, error"},
                             {"content", {{"application/json", {{"schema", ref("Answer")}}}, {"text/event-stream", {{"schema", text()}}}}}}}};
  Json ask = with_body(operation("ask", "Answer a question from the documents, on record", std::move(responses)), ask_body());
  ask["parameters"] = Json::array({Json{{"name", "Idempotency-Key"}, {"in", "header"}, {"required", false},
                                        {"schema", Json{{"type", "string"}, {"minLength", 1}, {"maxLength", 255}}},
                                        {"description", "A request sent again with it is answered as the first time, for a day"}}});
  return ask;
}

Json chat_operation() {
  Json responses = {{"200", {{"description", "A chat completion, with citations, or its chunks"},
                             {"content", {{"application/json", {{"schema", object(Json::object())}}}, {"text/event-stream", {{"schema", text()}}}}}}}};
  return with_body(operation("chat", "The same, as OpenAI's clients ask: a collection is a model", std::move(responses)),
                   object({{"model", text()}, {"messages", messages()}, {"stream", flag()}, {"temperature", number(0, 2)}}, {"model", "messages"}));
}

}  // namespace

Json openapi_document() {
  const Json anything = object(Json::object());
  Json paths = Json::object();
  paths["/v1/ask"]["post"] = ask_operation();
  paths["/v1/search"]["post"] = with_body(json_operation("search", "Search the documents", ref("Search")), search_body());
  paths["/v1/answers/{id}"]["get"] = with_path(json_operation("showAnswer", "The record of an answer", anything), "id");
  paths["/v1/answers/{id}/replay"]["post"] = with_path(json_operation("replayAnswer", "Do an answer again and compare every byte", anything), "id");
  paths["/v1/answers/{id}/verify"]["post"] = with_path(json_operation("verifyAnswer", "Whether a record still matches its hashes", anything), "id");
  paths["/v1/answers/compare"]["post"] =
      with_body(json_operation("compareAnswers", "Why two of one's own answers differ", anything), closed({{"a", text()}, {"b", text()}}, {"a", "b"}));
  paths["/v1/collections"]["get"] = json_operation("listCollections", "All collections", object({{"collections", list(ref("Collection"))}}));
  paths["/v1/collections/{name}"]["get"] = with_path(json_operation("showCollection", "One collection", ref("Collection")), "name");
  paths["/v1/chat/completions"]["post"] = chat_operation();
  paths["/v1/embeddings"]["post"] =
      with_body(json_operation("embed", "Embed texts, as OpenAI's clients ask", anything),
                closed({{"model", text()}, {"input", Json{{"oneOf", Json::array({text(), list(text())})}}}, {"encoding_format", one_of({"float", "base64"})},
                        {"dimensions", whole()}, {"input_type", one_of({"passage", "query"})}, {"user", text()}},
                       {"model", "input"}));
  paths["/v1/models"]["get"] = json_operation("listModels", "The collections, as models", anything);
  paths["/livez"]["get"] = json_operation("live", "Whether the process runs", anything);
  paths["/readyz"]["get"] = json_operation("ready", "Whether it can read its workspace and write its ledger", anything);
  paths["/metrics"]["get"] = operation("metrics", "Prometheus", {{"200", response("OK", "text/plain", text())}});
  paths["/openapi.json"]["get"] = json_operation("openapi", "This document", anything);
  return {{"openapi", "3.1.0"},
          {"info", {{"title", "Grounds"}, {"version", GROUNDS_VERSION}, {"description", "Answers over documents, accounted for."}}},
          {"paths", std::move(paths)},
          {"components", {{"schemas", schemas()}}}};
}

}  // namespace grounds
