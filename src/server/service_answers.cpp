#include "answer/backends/event_stream.h"
#include "base/hash.h"
#include "server/compare_routes.h"
#include "server/openai_routes.h"
#include "server/service.h"
#include "server/views.h"

namespace grounds {

void Service::add_answer_routes() {
  post("/v1/search", search_route);
  post_body("/v1/ask", [this](const Request& request, Response& response, const std::string& body) { ask(request, response, body); });
  post_body("/v1/chat/completions", [this](const Request& request, Response& response, const std::string& body) { chat(request, response, body); });
  post("/v1/embeddings", embeddings_route);
  get("/v1/models", [this](const Request&) { return models_route(engine_); });
  post("/v1/answers/compare", compare_route);
  // Without a body: what is sent all the same is passed over.
  const auto on_answer = [this](const std::string& pattern, Result<Json> (*route)(Engine&, const std::string&)) {
    add("POST", pattern, [this, route](const Request& request, Response& response) { answer(response, route(engine_, request.matches[1])); });
  };
  on_answer(R"(/v1/answers/([0-9A-Za-z]+)/replay)", replay_route);
  on_answer(R"(/v1/answers/([0-9A-Za-z]+)/verify)", verify_answer_route);
  get(R"(/v1/answers/([0-9A-Za-z]+))", [this](const Request& request) { return answer_route(engine_, request.matches[1]); });
}

void Service::count_answer(const Result<Answer>& result) {
  if (!result) return metrics_.add("grounds_answers_failed_total", {{"code", std::string(error_code_name(result.error().code))}});
  metrics_.add("grounds_answers_total", {{"backend", result->backend}, {"verdict", std::string(verdict_name(result->text.verdict))},
                                         {"reused", result->reused ? "true" : "false"}, {"fallback", result->fallback ? "true" : "false"}});
  metrics_.observe("grounds_answer_stage_seconds", {{"stage", "retrieval"}}, static_cast<double>(result->retrieval_ms) / 1000);
  metrics_.observe("grounds_answer_stage_seconds", {{"stage", "model"}}, static_cast<double>(result->model_ms) / 1000);
}

// A client that goes away while a model is asked for it ends the call; unless it `stays`: it gave a key, by
// which it will ask for the answer again.
Result<Answer> Service::ask_attentively(const Request& request, const AskRequest& question, bool stays) {
  AskObserver observer;
  observer.cancelled = [&client = connection(request), stays] {
    return stays ? client.is_cut() : client.peer_has_gone();
  };
  Result<Answer> result = engine_.asker().ask(question, observer);
  count_answer(result);
  return result;
}

// Answers as a stream of events, unless it fails before there is anything to send.
void Service::stream(const Request&, Response& response, AskRequest question, StreamFormat format, Json (*problem)(const Error&)) {
  auto stream = std::make_shared<AnswerStream>(engine_, std::move(question), std::move(format),
                                               [this](const Result<Answer>& result) { count_answer(result); });
  if (auto error = stream->wait_for_first()) {
    response.status = http_status(error->code);
    return response.set_content(dump(problem(*error)), kProblemType);
  }
  response.set_header("Cache-Control", "no-store");
  response.set_chunked_content_provider("text/event-stream", [stream](std::size_t, httplib::DataSink& sink) {
    bool end = false;
    const std::string bytes = stream->next(&end);
    if (!sink.is_writable() || (!bytes.empty() && !sink.write(bytes.data(), bytes.size()))) return false;
    if (end) sink.done();
    return true;
  });
}

// What a client sends again because it did not hear the first time is not asked twice.
void Service::idempotent(const Request& request, Response& response, const std::string& body, const std::function<void()>& run) {
  const std::string key = request.get_header_value("Idempotency-Key");
  if (!request.has_header("Idempotency-Key")) return run();
  if (key.empty() || key.size() > 255)
    return answer_error(response, {ErrorCode::kUsage, "an Idempotency-Key has 1 to 255 characters", ""});
  KeptResponse kept;
  const std::string name = request.path + " " + key;
  switch (idempotency_.begin(name, sha256_hex(body), engine_.workspace().clock().now(), &kept)) {
    case IdempotencyKeys::State::kKept:
      response.status = kept.status;
      response.set_header("Idempotency-Replayed", "true");
      return response.set_content(kept.body, kept.content_type);
    case IdempotencyKeys::State::kRunning:
      return answer_error(response, {ErrorCode::kUsage, "a request with this Idempotency-Key is being answered", "wait for it"}, 409);
    case IdempotencyKeys::State::kOtherBody:
      return answer_error(response, {ErrorCode::kUsage, "this Idempotency-Key came with another body before", "use a new key for a new request"}, 422);
    case IdempotencyKeys::State::kNew: break;
  }
  try {
    run();
  } catch (...) {
    idempotency_.drop(name);  // else it would be at work for ever
    throw;
  }
  if (response.status >= 300 || response.body.empty()) idempotency_.drop(name);
  else idempotency_.finish(name, {response.status, response.get_header_value("Content-Type"), response.body});
}

void Service::ask(const Request& request, Response& response, const std::string& body) {
  Result<ParsedAsk> parsed = parse_ask(engine_, body);
  if (!parsed) return answer_error(response, parsed.error());
  if (parsed->stream && request.has_header("Idempotency-Key"))
    return answer_error(response, {ErrorCode::kUsage, "a stream cannot be repeated: Idempotency-Key goes without 'stream'", ""});
  if (parsed->stream) return stream(request, response, std::move(parsed->request), ask_stream_format(), problem_view);
  idempotent(request, response, body, [&] {
    const Result<Answer> result = ask_attentively(request, parsed->request, request.has_header("Idempotency-Key"));
    response.status = 200;
    if (result) response.set_content(dump(answer_view(*result)), kJsonType);
    else answer_error(response, result.error());
  });
}

void Service::chat(const Request& request, Response& response, const std::string& body) {
  const auto problem = [&](const Error& error) {
    response.status = http_status(error.code);
    response.set_content(dump(openai_problem_view(error)), kProblemType);
  };
  Result<ChatRequest> parsed = parse_chat(engine_, body);
  if (!parsed) return problem(parsed.error());
  const UnixMillis now = engine_.workspace().clock().now();
  if (parsed->ask.stream) return stream(request, response, parsed->ask.request, chat_stream_format(*parsed, now), openai_problem_view);
  const Result<Answer> result = ask_attentively(request, parsed->ask.request, false);
  if (result) response.set_content(dump(chat_view(*parsed, *result, now)), kJsonType);
  else problem(result.error());
}

}  // namespace grounds
