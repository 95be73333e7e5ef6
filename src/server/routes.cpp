#include "server/routes.h"

#include "answer/backends/event_stream.h"
#include "server/body.h"
#include "server/http_hints.h"
#include "server/views.h"

namespace grounds {
namespace {

Status refuse_as(Body& body) {
  if (!body.has("as")) { body.text("as"); return {}; }
  return fail(ErrorCode::kRefused, "'as' needs an admin key", "ask without it");
}

// {"key":"value"} or a list of "key=value", as --filter takes them. Nothing is no filter.
Result<MetadataFilter> parse_filter(const Json* filter) {
  std::vector<std::string> conditions;
  if (!filter || filter->is_null()) return MetadataFilter();
  for (const auto& [key, value] : filter->items()) {
    const bool listed = filter->is_array();
    if (filter->is_primitive() || !(value.is_string() || (!listed && (value.is_number() || value.is_boolean()))))
      return fail(ErrorCode::kUsage, "'filter' must be an object of values, or a list of texts", "as in: {\"filter\":{\"team\":\"sales\"}}");
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    conditions.push_back(listed ? text : key + "=" + text);
  }
  return MetadataFilter::parse(conditions);
}

}  // namespace

Principal anonymous() { return {"anonymous", {kEveryone}, false, false}; }

Result<Json> search_route(Engine& engine, const std::string& text) {
  GROUNDS_ASSIGN_OR_RETURN(Body body, Body::parse(text));
  SearchRequest request;
  request.collection = body.text("collection", "default");
  request.query = body.required("query");
  request.k = body.number("k", 10);
  request.principal = anonymous();
  std::string mode = body.text("mode", "hybrid"), as_of = body.number_or_text("as_of");
  GROUNDS_ASSIGN_OR_RETURN(request.filter, parse_filter(body.any("filter")));
  GROUNDS_RETURN_IF_ERROR(refuse_as(body));
  GROUNDS_RETURN_IF_ERROR(body.finish());
  GROUNDS_ASSIGN_OR_RETURN(request.mode, parse_search_mode(mode));
  GROUNDS_ASSIGN_OR_RETURN(request.as_of, parse_as_of(as_of));
  UnixMillis started = engine.workspace().clock().now();
  GROUNDS_ASSIGN_OR_RETURN(SearchResponse response, engine.searcher().search(request));
  std::int64_t took = engine.workspace().clock().now() - started;
  return search_view(response, took, sees_scores(request.principal, response.snapshot->collection));
}

Result<ParsedAsk> parse_ask(Engine& engine, const std::string& text) {
  GROUNDS_ASSIGN_OR_RETURN(Body body, Body::parse(text));
  ParsedAsk parsed;
  AskRequest& request = parsed.request;
  request.collection = body.text("collection", "default");
  GROUNDS_ASSIGN_OR_RETURN(request.messages, body.messages("messages"));
  // A conversation that ends with its question needs not repeat it.
  if (!body.has("question") && !request.messages.empty() && request.messages.back().role == "user") {
    request.question = std::move(request.messages.back().content);
    request.messages.pop_back();
    (void)body.text("question");
  } else {
    request.question = body.required("question");
  }
  request.backend = body.text("backend", engine.configuration().backend);
  request.prompt_template = body.text("template");
  request.temperature = body.real("temperature", 0, 2);
  request.fresh = body.flag("fresh");
  request.job = body.text("job");
  request.principal = anonymous();
  const std::string as_of = body.number_or_text("as_of");
  parsed.stream = body.flag("stream");
  GROUNDS_RETURN_IF_ERROR(refuse_as(body));
  GROUNDS_RETURN_IF_ERROR(body.finish());
  GROUNDS_ASSIGN_OR_RETURN(request.as_of, parse_as_of(as_of));
  return parsed;
}

StreamFormat ask_stream_format() {
  const auto event = [](std::string_view name, const Json& json) {
    return format_event(name, json.dump(-1, ' ', false, Json::error_handler_t::replace));
  };
  StreamFormat format;
  format.evidence = [event](const std::string& id, const std::vector<EvidenceItem>& evidence) {
    return event("evidence", {{"answer_id", id}, {"evidence", evidence_view(evidence)}});
  };
  format.delta = [event](std::string_view piece) { return event("delta", {{"text", piece}}); };
  format.answer = [event](const Answer& answer) { return event("answer", answer_view(answer)); };
  format.error = [event](const Error& error) { return event("error", problem_view(error)); };
  return format;
}

Result<Json> answer_route(Engine& engine, const std::string& answer_id) {
  GROUNDS_ASSIGN_OR_RETURN(RecordedAnswer recorded, engine.ledger().find(answer_id));
  // Without keys everyone over HTTP is one person: the records of that person's answers, no others.
  if (recorded.opened.body.value("principal", Json::object()).value("user", std::string()) != anonymous().user)
    return fail(unknown_answer(answer_id));
  const Principal reader = anonymous();
  if (reader.admin || reader.auditor) return record_view(recorded);
  // A collection that is gone says nothing of its statistics: no scores.
  const auto collection = engine.catalog().find_collection(recorded.opened.body.value("collection", std::string()));
  return restricted_record_view(recorded, collection && sees_scores(reader, *collection));
}

Result<Json> replay_route(Engine& engine, const std::string& answer_id) {
  GROUNDS_RETURN_IF_ERROR(answer_route(engine, answer_id));
  GROUNDS_ASSIGN_OR_RETURN(ReplayResult result, engine.replay(answer_id));
  return replay_view(result);
}

Result<Json> collections_route(Engine& engine) {
  GROUNDS_ASSIGN_OR_RETURN(std::vector<Collection> all, engine.catalog().list_collections());
  Json views = Json::array();
  for (const Collection& each : all) views.push_back(collection_view(each));
  return Json{{"collections", std::move(views)}};
}

Result<Json> collection_route(Engine& engine, const std::string& name) {
  GROUNDS_ASSIGN_OR_RETURN(Collection collection, engine.catalog().find_collection(name));
  return collection_view(collection);
}

Result<Json> ready_route(Engine& engine) {
  GROUNDS_RETURN_IF_ERROR(engine.catalog().list_collections());
  GROUNDS_RETURN_IF_ERROR(engine.ledger().head());
  return Json{{"ready", true}};
}

int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage: return 400;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kRefused: return 403;
    case ErrorCode::kBadInput: return 422;
    case ErrorCode::kDamaged: return 500;
    case ErrorCode::kUnavailable: return 503;
    case ErrorCode::kInternal: return 500;
  }
  return 500;
}

Json problem_view(const Error& error) {
  std::string code(error_code_name(error.code));
  return {{"type", "urn:grounds:problem:" + code}, {"title", code},        {"status", http_status(error.code)},
          {"detail", error.message},               {"code", code},         {"hint", http_hint(error.hint)}};
}

}  // namespace grounds
