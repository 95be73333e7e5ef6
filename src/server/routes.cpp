#include "server/routes.h"

#include <set>

#include "server/views.h"

namespace grounds {
namespace {

// Reads a request's fields one by one and knows which it has not been asked for.
class Body {
 public:
  static Result<Body> parse(const std::string& text) {
    auto json = parse_json(text);
    if (!json) return fail(ErrorCode::kUsage, "the body is not JSON: " + json.error().message);
    if (!json->is_object()) return fail(ErrorCode::kUsage, "the body must be a JSON object");
    Body body;
    body.json_ = std::move(*json);
    return body;
  }

  std::string text(const char* key, std::string otherwise = {}) {
    const Json* value = take(key, "a text", [](const Json& v) { return v.is_string(); });
    return value ? value->get<std::string>() : otherwise;
  }
  std::string required(const char* key) {
    if (!json_.contains(key)) wrong(std::string("'") + key + "' is missing");
    return text(key);
  }
  std::uint32_t number(const char* key, std::uint32_t otherwise) {
    const Json* value = take(key, "a whole number from 0 to 2^31", [](const Json& v) {
      return v.is_number_unsigned() && v.get<std::uint64_t>() <= (1u << 31);
    });
    return value ? value->get<std::uint32_t>() : otherwise;
  }
  bool flag(const char* key) {
    const Json* value = take(key, "true or false", [](const Json& v) { return v.is_boolean(); });
    return value && value->get<bool>();
  }
  // "as_of" is a number or a text.
  std::string number_or_text(const char* key) {
    const Json* value = take(key, "a number or a text",
                             [](const Json& v) { return v.is_number_unsigned() || v.is_string(); });
    if (!value) return {};
    return value->is_string() ? value->get<std::string>() : std::to_string(value->get<std::uint64_t>());
  }
  bool has(const char* key) { return json_.contains(key) && !json_[key].is_null(); }

  // After all fields were asked for: what is left over is unknown.
  Status finish() {
    for (const auto& [key, value] : json_.items())
      if (!known_.contains(key)) wrong("unknown field '" + key + "'");
    if (wrong_.empty()) return {};
    return fail(ErrorCode::kUsage, wrong_);
  }

 private:
  template <class Test>
  const Json* take(const char* key, const char* expected, Test test) {
    known_.insert(key);
    auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) return nullptr;
    if (test(*found)) return &*found;
    wrong(std::string("'") + key + "' must be " + expected);
    return nullptr;
  }
  void wrong(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  Json json_;
  std::set<std::string, std::less<>> known_;
  std::string wrong_;
};

Status refuse_as(Body& body) {
  if (!body.has("as")) { body.text("as"); return {}; }
  return fail(ErrorCode::kRefused, "'as' needs an admin key", "ask without it");
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
  GROUNDS_RETURN_IF_ERROR(refuse_as(body));
  GROUNDS_RETURN_IF_ERROR(body.finish());
  GROUNDS_ASSIGN_OR_RETURN(request.mode, parse_search_mode(mode));
  GROUNDS_ASSIGN_OR_RETURN(request.as_of, parse_as_of(as_of));
  UnixMillis started = engine.workspace().clock().now();
  GROUNDS_ASSIGN_OR_RETURN(SearchResponse response, engine.searcher().search(request));
  std::int64_t took = engine.workspace().clock().now() - started;
  return search_view(response, took, sees_scores(request.principal, response.snapshot->collection));
}

Result<Json> ask_route(Engine& engine, const std::string& text) {
  GROUNDS_ASSIGN_OR_RETURN(Body body, Body::parse(text));
  AskRequest request;
  request.collection = body.text("collection", "default");
  request.question = body.required("question");
  request.backend = body.text("backend", engine.configuration().backend);
  request.prompt_template = body.text("template");
  request.principal = anonymous();
  std::string as_of = body.number_or_text("as_of");
  bool stream = body.flag("stream");
  (void)body.flag("fresh");  // the extractive backend gives the same answer anew
  GROUNDS_RETURN_IF_ERROR(refuse_as(body));
  GROUNDS_RETURN_IF_ERROR(body.finish());
  if (stream) return fail(ErrorCode::kUsage, "'stream' is not supported by the extractive backend", "leave it out");
  GROUNDS_ASSIGN_OR_RETURN(request.as_of, parse_as_of(as_of));
  GROUNDS_ASSIGN_OR_RETURN(Answer answer, engine.asker().ask(request));
  return answer_view(answer);
}

Result<Json> answer_route(Engine& engine, const std::string& answer_id) {
  GROUNDS_ASSIGN_OR_RETURN(RecordedAnswer recorded, engine.ledger().find(answer_id));
  // Without keys everyone over HTTP is one person: the records of that person's answers, no others.
  if (recorded.opened.body.value("principal", Json::object()).value("user", std::string()) != anonymous().user)
    return fail(ErrorCode::kNotFound, "no answer '" + answer_id + "'");
  return record_view(recorded);
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
          {"detail", error.message},               {"code", code},         {"hint", error.hint}};
}

}  // namespace grounds
