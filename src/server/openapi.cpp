#include "server/openapi.h"

#include <utility>

#include "server/openapi_schemas.h"

namespace grounds {
namespace {

using namespace openapi;

Json content(const char* type, Json schema) { return {{type, {{"schema", std::move(schema)}}}}; }
Json response(const char* description, const char* type, Json schema) {
  return {{"description", description}, {"content", content(type, std::move(schema))}};
}

Json operation(const char* id, const char* summary, Json responses) {
  responses["default"] = response("An error", "application/problem+json", ref("Problem"));
  return {{"operationId", id}, {"summary", summary}, {"responses", std::move(responses)}};
}
Json json_operation(const char* id, const char* summary, const char* schema, const char* status = "200") {
  return operation(id, summary, {{status, response("Done", "application/json", ref(schema))}});
}
Json with_body(Json described, Json schema) {
  described["requestBody"] = {{"required", true}, {"content", content("application/json", std::move(schema))}};
  return described;
}
Json with_parameter(Json described, const char* name, const char* in, Json schema, const char* description) {
  described["parameters"].push_back({{"name", name}, {"in", in}, {"required", std::string_view(in) != "header"}, {"schema", std::move(schema)}, {"description", description}});
  return described;
}
Json of_answer(Json described) { return with_parameter(std::move(described), "id", "path", {{"type", "string"}, {"pattern", "^[0-9A-Za-z]+$"}}, "The answer's id"); }
Json of_job(Json described) { return with_parameter(std::move(described), "id", "path", {{"type", "string"}, {"pattern", "^[0-9A-Za-z]+$"}}, "The job's id"); }
Json of_collection(Json described) { return with_parameter(std::move(described), "name", "path", {{"type", "string"}, {"pattern", "^[^/]+$"}}, "The collection's name"); }
Json of_document(Json described) {
  return with_parameter(of_collection(std::move(described)), "uri", "query", {{"type", "string"}, {"minLength", 1}, {"maxLength", 1024}}, "The document's URI, percent-encoded UTF-8");
}

// One of the events of a stream: its data is JSON, or OpenAI's [DONE].
Json event() { return object({{"event", text()}, {"data", text()}}, {"data"}); }

// A plain response or a stream of events, as the request says.
Json ok_or_events(const char* description, const char* schema) {
  Json both = response(description, "application/json", ref(schema));
  both["content"]["text/event-stream"] = {{"schema", event()}};
  return {{"200", std::move(both)}};
}
Json events(const char* description) { return {{"200", response(description, "text/event-stream", event())}}; }

void add_answers(Json& paths) {
  paths["/v1/ask"]["post"] = with_parameter(
      with_body(operation("ask", "Answer a question from the documents, on record", ok_or_events("The answer, or its events: evidence, delta, answer, error", "Answer")), ask_body()),
      "Idempotency-Key", "header", {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}}, "A request sent again with it is answered as the first time, for a day at most");
  paths["/v1/search"]["post"] = with_body(json_operation("search", "Search the documents", "Search"), search_body());
  paths["/v1/answers/{id}"]["get"] = of_answer(json_operation("showAnswer", "The record of an answer", "Record"));
  paths["/v1/answers/{id}/replay"]["post"] = of_answer(json_operation("replayAnswer", "Do an answer again and compare every byte", "Replay"));
  paths["/v1/answers/{id}/verify"]["post"] = of_answer(json_operation("verifyAnswer", "Whether a record still matches its hashes", "Verification"));
  paths["/v1/answers/compare"]["post"] =
      with_body(json_operation("compareAnswers", "Why two of one's own answers differ", "Comparison"), closed({{"a", text()}, {"b", text()}}, {"a", "b"}));
  paths["/v1/chat/completions"]["post"] = with_body(
      operation("chat", "Ask as OpenAI's clients do: a collection is a model", ok_or_events("A chat completion, with citations, or its chunks", "ChatCompletion")), chat_body());
  paths["/v1/embeddings"]["post"] = with_body(json_operation("embed", "Embed texts, as OpenAI's clients ask", "Embeddings"), embeddings_body());
  paths["/v1/models"]["get"] = json_operation("listModels", "The collections, as models", "Models");
}

void add_documents(Json& paths) {
  paths["/v1/collections"]["get"] = operation("listCollections", "All collections", {{"200", response("Done", "application/json", object({{"collections", list(ref("Collection"))}}, {"collections"}))}});
  paths["/v1/collections"]["post"] = with_body(json_operation("createCollection", "Create a collection", "Collection", "201"), collection_body());
  paths["/v1/collections/{name}"]["get"] = of_collection(json_operation("showCollection", "One collection", "Collection"));
  Json put = of_document(operation("putDocument", "Add or update a document: the file as body, or a form with one file",
                                   {{"200", response("Updated, or unchanged", "application/json", ref("IngestReport"))}, {"201", response("Added", "application/json", ref("IngestReport"))}}));
  Json form = object({{"file", Json{{"type", "string"}, {"format", "binary"}}}}, {"file"});
  put["requestBody"] = {{"required", true}, {"content", {{"application/octet-stream", {{"schema", Json{{"type", "string"}, {"format", "binary"}}}}}, {"multipart/form-data", {{"schema", form}}}}}};
  paths["/v1/collections/{name}/documents"]["put"] = std::move(put);
  paths["/v1/collections/{name}/documents"]["delete"] = of_document(json_operation("deleteDocument", "Delete a document: it is found no more, at once", "Deletion"));
  paths["/v1/collections/{name}/sync"]["post"] =
      with_body(of_collection(json_operation("sync", "Make the collection equal to a folder of the server's machine: a job", "JobBegun", "202")), closed({{"path", text()}}, {"path"}));
  paths["/v1/jobs/{id}"]["get"] = of_job(json_operation("showJob", "A job, with the documents that failed", "Job"));
  paths["/v1/jobs/{id}/events"]["get"] = of_job(operation("followJob", "A job's events: progress, then job", events("Events")));
  paths["/v1/jobs/{id}/cancel"]["post"] = of_job(json_operation("cancelJob", "Ask a job to stop after its current commit", "JobCancelling", "202"));
}

}  // namespace

Json openapi_document() {
  Json paths = Json::object();
  add_answers(paths);
  add_documents(paths);
  paths["/livez"]["get"] = json_operation("live", "Whether the process runs", "Live");
  paths["/readyz"]["get"] = json_operation("ready", "Whether it can read its workspace and write its ledger", "Ready");
  paths["/metrics"]["get"] = operation("metrics", "Prometheus", {{"200", response("Done", "text/plain", text())}});
  paths["/openapi.json"]["get"] = operation("openapi", "This document", {{"200", response("Done", "application/json", Json{{"type", "object"}})}});
  return {{"openapi", "3.1.0"},
          {"info", {{"title", "Grounds"}, {"version", GROUNDS_VERSION}, {"description", "Answers over documents, accounted for."}}},
          {"paths", std::move(paths)},
          {"components", {{"schemas", schemas()}}}};
}

}  // namespace grounds
