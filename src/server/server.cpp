#include "server/server.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <regex>
#include <utility>
#include <vector>

#include "answer/backends/event_stream.h"
#include "base/hash.h"
#include "base/log.h"
#include "server/answer_stream.h"
#include "server/idempotency.h"
#include "server/metrics.h"
#include "server/openai_routes.h"
#include "server/openapi.h"
#include "server/compare_routes.h"
#include "server/routes.h"
#include "server/views.h"

namespace grounds {
namespace {

constexpr std::size_t kMaxBodyBytes = 1 << 20;
constexpr const char* kJson = "application/json";
constexpr const char* kProblem = "application/problem+json";

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1" || host == "[::1]") return true;
  // An address, not a name that begins like one ("127.0.0.1.example").
  in_addr address{};
  return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

// The host of "host:port", "[v6]:port" or "host".
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// Seconds of this process's monotonic clock.
double now_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// `status`: 0 for the one that goes with the error's code.
void answer_error(httplib::Response& response, const Error& error, int status = 0) {
  Json problem = problem_view(error);
  if (status) problem["status"] = status;
  response.status = problem["status"];
  response.set_content(dump(problem), kProblem);
}

void answer(httplib::Response& response, const Result<Json>& result) {
  if (result) response.set_content(dump(*result), kJson);
  else answer_error(response, result.error());
}

// A page on the web must not drive this server through its visitor's browser: only requests that name
// a loopback host, and come from no page or a loopback one, are served (DNS rebinding).
bool is_foreign(const httplib::Request& request) {
  if (!is_loopback(host_of(request.get_header_value("Host")))) return true;
  std::string origin = request.get_header_value("Origin");
  if (origin.empty()) return false;
  std::size_t scheme = origin.find("://");
  return scheme == std::string::npos || !is_loopback(host_of(std::string_view(origin).substr(scheme + 3)));
}

// The library takes forms apart by itself and knows no bound for that.
bool refuse_form(const httplib::Request& request, httplib::Response& response) {
  if (!request.is_multipart_form_data()) return false;
  answer_error(response, {ErrorCode::kUsage, "the body is a form", "send JSON, with Content-Type: application/json"}, 415);
  return true;
}

// Without a length there is no body, and none to wait for.
bool has_body(const httplib::Request& request) {
  return request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
}

// Reads a body that nobody has a use for, but bounded.
void drain(const httplib::Request& request, const httplib::ContentReader& reader) {
  if (!has_body(request) || request.is_multipart_form_data()) return;
  std::size_t size = 0;
  reader([&](const char*, std::size_t more) { return (size += more) <= kMaxBodyBytes; });
}

}  // namespace

struct Server::State {
  explicit State(Engine& the_engine) : engine(the_engine) {}
  Engine& engine;
  ListenAddress address;
  httplib::Server http;
  std::atomic<bool> stopping = false;
  // To tell 405 from 404, and to count by.
  struct Route {
    Route(std::string the_method, std::string the_pattern)
        : method(std::move(the_method)), pattern(std::move(the_pattern)), regex(pattern) {}
    std::string method, pattern;
    std::regex regex;
  };
  std::vector<Route> routes;
  Metrics metrics;
  IdempotencyKeys idempotency;
  std::mutex mutex;
  std::map<const httplib::Request*, double> running;  // guarded by mutex: since when

  void get(const std::string& pattern, std::function<Result<Json>(const httplib::Request&)> route) {
    routes.emplace_back("GET", pattern);
    http.Get(pattern, [route = std::move(route)](const httplib::Request& request, httplib::Response& response) {
      answer(response, route(request));
    });
  }

  // A route that takes a body of at most kMaxBodyBytes, however it is sent.
  using BodyRoute = std::function<void(const httplib::Request&, httplib::Response&, const std::string& body)>;
  void post_body(const std::string& pattern, BodyRoute route) {
    routes.emplace_back("POST", pattern);
    http.Post(pattern, [route = std::move(route)](const httplib::Request& request, httplib::Response& response,
                                                  const httplib::ContentReader& reader) {
      if (refuse_form(request, response)) return;
      std::string body;
      bool fits = true;
      bool complete = !has_body(request) || reader([&](const char* data, std::size_t size) {
        fits = body.size() + size <= kMaxBodyBytes;
        if (fits) body.append(data, size);
        return fits;
      });
      fits = fits && response.status != 413;  // the library's own limit, for lengths that are said beforehand
      if (!fits || !complete) {
        std::string what = fits ? "the body is incomplete" : "the body is over " + std::to_string(kMaxBodyBytes) + " bytes";
        return answer_error(response, {ErrorCode::kUsage, std::move(what), ""}, fits ? 400 : 413);
      }
      route(request, response, body);
    });
  }

  void post(const std::string& pattern, Result<Json> (*route)(Engine&, const std::string&)) {
    post_body(pattern, [this, route](const httplib::Request&, httplib::Response& response, const std::string& body) {
      answer(response, route(engine, body));
    });
  }

  void count_answer(const Result<Answer>& result) {
    if (!result) return metrics.add("grounds_answers_failed_total", {{"code", std::string(error_code_name(result.error().code))}});
    metrics.add("grounds_answers_total", {{"backend", result->backend}, {"verdict", std::string(verdict_name(result->text.verdict))},
                                          {"reused", result->reused ? "true" : "false"}, {"fallback", result->fallback ? "true" : "false"}});
    metrics.observe("grounds_answer_stage_seconds", {{"stage", "retrieval"}}, static_cast<double>(result->retrieval_ms) / 1000);
    metrics.observe("grounds_answer_stage_seconds", {{"stage", "model"}}, static_cast<double>(result->model_ms) / 1000);
  }

  // Answers as a stream of events, unless it fails before there is anything to send.
  void stream(httplib::Response& response, AskRequest request, StreamFormat format, Json (*problem)(const Error&)) {
    auto stream = std::make_shared<AnswerStream>(engine, std::move(request), std::move(format),
                                                 [this](const Result<Answer>& result) { count_answer(result); });
    if (auto error = stream->wait_for_first()) {
      response.status = http_status(error->code);
      return response.set_content(dump(problem(*error)), kProblem);
    }
    response.set_header("Cache-Control", "no-store");
    response.set_chunked_content_provider("text/event-stream", [this, stream](std::size_t, httplib::DataSink& sink) {
      bool end = false;
      const std::string bytes = stream->next(&end);
      if (stopping || !sink.is_writable() || (!bytes.empty() && !sink.write(bytes.data(), bytes.size()))) return false;
      if (end) sink.done();
      return true;
    });
  }

  // What a client sends again because it did not hear the first time is not asked twice.
  void idempotent(const httplib::Request& request, httplib::Response& response, const std::string& body,
                  const std::function<void()>& run) {
    const std::string key = request.get_header_value("Idempotency-Key");
    if (!request.has_header("Idempotency-Key")) return run();
    if (key.empty() || key.size() > 255)
      return answer_error(response, {ErrorCode::kUsage, "an Idempotency-Key has 1 to 255 characters", ""});
    KeptResponse kept;
    const std::string name = request.path + " " + key;
    switch (idempotency.begin(name, sha256_hex(body), engine.workspace().clock().now(), &kept)) {
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
    run();
    if (response.status >= 300 || response.body.empty()) idempotency.drop(name);
    else idempotency.finish(name, {response.status, response.get_header_value("Content-Type"), response.body});
  }

  void ask(const httplib::Request& request, httplib::Response& response, const std::string& body) {
    Result<ParsedAsk> parsed = parse_ask(engine, body);
    if (!parsed) return answer_error(response, parsed.error());
    if (parsed->stream && request.has_header("Idempotency-Key"))
      return answer_error(response, {ErrorCode::kUsage, "a stream cannot be repeated: Idempotency-Key goes without 'stream'", ""});
    if (parsed->stream) return stream(response, std::move(parsed->request), ask_stream_format(), problem_view);
    idempotent(request, response, body, [&] {
      Result<Answer> result = engine.asker().ask(parsed->request);
      count_answer(result);
      response.status = 200;
      if (result) response.set_content(dump(answer_view(*result)), kJson);
      else answer_error(response, result.error());
    });
  }

  void chat(httplib::Response& response, const std::string& body) {
    const auto problem = [&](const Error& error) {
      response.status = http_status(error.code);
      response.set_content(dump(openai_problem_view(error)), kProblem);
    };
    Result<ChatRequest> parsed = parse_chat(engine, body);
    if (!parsed) return problem(parsed.error());
    const UnixMillis now = engine.workspace().clock().now();
    if (parsed->ask.stream) return stream(response, parsed->ask.request, chat_stream_format(*parsed, now), openai_problem_view);
    Result<Answer> result = engine.asker().ask(parsed->ask.request);
    count_answer(result);
    if (result) response.set_content(dump(chat_view(*parsed, *result, now)), kJson);
    else problem(result.error());
  }

  void add_metrics() {
    metrics.describe("grounds_http_requests_total", "counter", "Requests by route and status.");
    metrics.describe("grounds_http_request_seconds", "histogram", "Time to answer a request, by route.");
    metrics.describe("grounds_answers_total", "counter", "Answers by the backend that gave them, verdict, reuse and fallback.");
    metrics.describe("grounds_answers_failed_total", "counter", "Questions without an answer, by the error's code.");
    metrics.describe("grounds_answer_stage_seconds", "histogram", "Time of an answer's stages: retrieval, model.");
    metrics.describe("grounds_start_time_seconds", "gauge", "When this process began to serve, in seconds since 1970.");
    metrics.set("grounds_start_time_seconds", {}, static_cast<double>(engine.workspace().clock().now()) / 1000);
    routes.emplace_back("GET", "/metrics");
    http.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(metrics.text(), "text/plain; version=0.0.4; charset=utf-8");
    });
    http.set_logger([this](const httplib::Request& request, const httplib::Response& response) {
      double started = 0;
      {
        std::lock_guard lock(mutex);
        auto found = running.find(&request);
        if (found == running.end()) return;
        started = found->second;
        running.erase(found);
      }
      // Known routes by their pattern: no more labels than there are routes.
      std::string route = "other";
      for (const Route& each : routes)
        if (each.method == request.method && std::regex_match(request.path, each.regex)) route = each.pattern;
      metrics.add("grounds_http_requests_total", {{"method", request.method.size() > 8 ? "other" : request.method}, {"route", route},
                                                  {"status", std::to_string(response.status)}});
      metrics.observe("grounds_http_request_seconds", {{"route", route}}, now_seconds() - started);
    });
  }

  // 404, or 405 where the path takes other methods.
  void no_route(const httplib::Request& request, httplib::Response& response) const {
    std::string allowed;
    for (const Route& each : routes)
      if (std::regex_match(request.path, each.regex)) allowed += (allowed.empty() ? "" : ", ") + each.method;
    if (allowed.empty())
      return answer_error(response, {ErrorCode::kNotFound, "no such route: " + request.method + " " + request.path, ""});
    response.set_header("Allow", allowed);
    answer_error(response, {ErrorCode::kUsage, request.path + " takes " + allowed + ", not " + request.method, ""}, 405);
  }

  // Last of the routes: bodies that come where none is taken are read bounded, too; the library keeps them whole.
  void add_catch_alls() {
    const auto refuse = [this](const httplib::Request& request, httplib::Response& response, const httplib::ContentReader& reader) {
      drain(request, reader);
      no_route(request, response);
    };
    http.Post(".*", refuse).Put(".*", refuse).Patch(".*", refuse).Delete(".*", refuse);
  }

  void add_routes() {
    add_metrics();
    http.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      {
        std::lock_guard lock(mutex);
        running[&request] = now_seconds();
      }
      if (request.method == "PRI") {  // HTTP/2's preface, whose "body" the library would read without a bound
        answer_error(response, {ErrorCode::kUsage, "this server speaks HTTP/1.1", ""}, 405);
        return httplib::Server::HandlerResponse::Handled;
      }
      if (!is_foreign(request)) return httplib::Server::HandlerResponse::Unhandled;
      answer(response, fail(ErrorCode::kRefused, "this server answers to loopback hosts and origins only"));
      return httplib::Server::HandlerResponse::Handled;
    });
    http.set_error_handler([this](const httplib::Request& request, httplib::Response& response) {
      if (!response.body.empty()) return;
      if (response.status != 404)
        return answer_error(response, {ErrorCode::kUsage, "the request cannot be read", ""}, response.status);
      no_route(request, response);
    });
    http.set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr) {
      answer(response, fail(ErrorCode::kInternal, "internal error"));
    });
    post("/v1/search", search_route);
    post("/v1/answers/compare", compare_route);
    post_body("/v1/ask", [this](const httplib::Request& request, httplib::Response& response, const std::string& body) {
      ask(request, response, body);
    });
    post_body("/v1/chat/completions", [this](const httplib::Request&, httplib::Response& response, const std::string& body) {
      chat(response, body);
    });
    post("/v1/embeddings", embeddings_route);
    get("/v1/models", [this](const httplib::Request&) { return models_route(engine); });
    get("/openapi.json", [](const httplib::Request&) { return Result<Json>(openapi_document()); });
    // Read a body that they have no use for, but bounded.
    auto on_answer = [this](const std::string& pattern, Result<Json> (*route)(Engine&, const std::string&)) {
      routes.emplace_back("POST", pattern);
      http.Post(pattern, [this, route](const httplib::Request& request, httplib::Response& response,
                                       const httplib::ContentReader& reader) {
        drain(request, reader);
        answer(response, route(engine, request.matches[1]));
      });
    };
    on_answer(R"(/v1/answers/([0-9A-Za-z]+)/replay)", replay_route);
    on_answer(R"(/v1/answers/([0-9A-Za-z]+)/verify)", verify_answer_route);
    get(R"(/v1/answers/([0-9A-Za-z]+))",
        [this](const httplib::Request& request) { return answer_route(engine, request.matches[1]); });
    get("/v1/collections", [this](const httplib::Request&) { return collections_route(engine); });
    get(R"(/v1/collections/([^/]+))",
        [this](const httplib::Request& request) { return collection_route(engine, request.matches[1]); });
    get("/livez", [](const httplib::Request&) { return Result<Json>(Json{{"live", true}}); });
    get("/readyz", [this](const httplib::Request&) { return ready_route(engine); });
    add_catch_alls();
  }
};

Result<ListenAddress> parse_listen_address(std::string_view text) {
  std::size_t colon = text.rfind(':');
  ListenAddress address;
  bool good = colon != std::string_view::npos && colon > 0;
  if (good) {
    std::string_view port = text.substr(colon + 1);
    auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    good = error == std::errc{} && end == port.data() + port.size() && address.port >= 0 && address.port <= 65535;
  }
  if (!good)
    return fail(ErrorCode::kUsage, "'" + std::string(text) + "' is not HOST:PORT", "for example 127.0.0.1:8080; port 0 takes a free one");
  std::string_view host = text.substr(0, colon);
  if (!is_loopback(host))
    return fail(ErrorCode::kRefused, "cannot listen on " + std::string(host) + ": without API keys the server is for this machine only",
                "listen on 127.0.0.1, and put an authenticating proxy in front");
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  address.host = host;
  return address;
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::bind(Engine& engine, const ListenAddress& address) {
  auto state = std::make_unique<State>(engine);
  state->address = address;
  // Not SO_REUSEPORT, the library's default: it would let a second server share the port unnoticed.
  state->http.set_socket_options([](socket_t socket) {
    int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  state->http.set_read_timeout(10);
  state->http.set_write_timeout(10);
  // The library holds a thread for each open connection: many, and none for long while nothing comes.
  state->http.set_keep_alive_timeout(1);
  // One request a connection: what is refused unread (a page's request from elsewhere) leaves its body on
  // the connection, and that body must not be served as the next request.
  state->http.set_keep_alive_max_count(1);
  state->http.set_payload_max_length(kMaxBodyBytes);
  state->http.new_task_queue = [] { return new httplib::ThreadPool(256); };
  state->add_routes();
  errno = 0;
  if (address.port == 0) {
    state->address.port = state->http.bind_to_any_port(address.host.c_str());
    if (state->address.port <= 0)
      return fail(ErrorCode::kUnavailable, "cannot listen on " + address.host + ": " + std::strerror(errno));
  } else if (!state->http.bind_to_port(address.host.c_str(), address.port)) {
    return fail(ErrorCode::kUnavailable,
                "cannot listen on " + address.host + ":" + std::to_string(address.port) + ": " + std::strerror(errno),
                "another program may have the port; choose one with --listen, port 0 takes a free one");
  }
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

std::string Server::url() const {
  const std::string& host = state_->address.host;
  return "http://" + (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
         std::to_string(state_->address.port);
}

Status Server::run() {
  if (state_->stopping) return {};
  if (!state_->http.listen_after_bind() && !state_->stopping)
    return fail(ErrorCode::kUnavailable, "the server stopped: " + std::string(std::strerror(errno)));
  return {};
}

void Server::stop() {
  state_->stopping = true;
  state_->http.stop();
}

}  // namespace grounds
