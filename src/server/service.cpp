#include "server/service.h"

#include <arpa/inet.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "server/backend_metrics.h"
#include "server/compare_routes.h"
#include "server/openai_routes.h"
#include "server/openapi.h"

namespace grounds {
namespace {

// The host of "host:port", "[v6]:port" or "host".
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

// A page on the web must not drive this server through its visitor's browser: only requests that name
// a loopback host, and come from no page or a loopback one, are served (DNS rebinding).
bool is_foreign(const httplib::Request& request) {
  if (request.get_header_value_count("Host") != 1 || !is_loopback_host(host_of(request.get_header_value("Host")))) return true;
  if (!request.has_header("Origin")) return false;
  const std::string origin = request.get_header_value("Origin");
  const std::size_t scheme = origin.find("://");
  return request.get_header_value_count("Origin") != 1 || scheme == std::string::npos ||
         !is_loopback_host(host_of(std::string_view(origin).substr(scheme + 3)));
}

// Only bodies as they are: an unpacked one has no bound.
bool refuse_encoding(const httplib::Request& request, httplib::Response& response) {
  const std::string encoding = request.get_header_value("Content-Encoding");
  if (encoding.empty() || encoding == "identity") return false;
  answer_error(response, {ErrorCode::kUsage, "a body with Content-Encoding " + encoding + " is not taken", "send it as it is"}, 415);
  return true;
}

bool refuse_form(const httplib::Request& request, httplib::Response& response) {
  if (!request.is_multipart_form_data()) return false;
  answer_error(response, {ErrorCode::kUsage, "the body is a form", "send JSON, with Content-Type: application/json"}, 415);
  return true;
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host == "::1" || host == "[::1]") return true;
  // An address, not a name that begins like one ("127.0.0.1.example").
  in_addr address{};
  return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

void answer_error(httplib::Response& response, const Error& error, int status) {
  Json problem = problem_view(error);
  if (status) problem["status"] = status;
  response.status = problem["status"];
  response.set_content(dump(problem), kProblemType);
}

void answer(httplib::Response& response, const Result<Json>& result) {
  if (result) response.set_content(dump(*result), kJsonType);
  else answer_error(response, result.error());
}

void answer_no_place_for_body(httplib::Response& response) {
  answer_error(response, {ErrorCode::kUnavailable, "too many bodies are arriving", "send it again in a while"});
}

Service::Service(Engine& engine, HttpListener& http)
    : engine_(engine), http_(http), bodies_(static_cast<std::ptrdiff_t>(std::max<std::size_t>(1, http.limits.threads / 2))),
      ingests_(static_cast<std::ptrdiff_t>(std::max(1u, std::thread::hardware_concurrency()))), jobs_(engine) {
  add_guards();
  add_metrics();
  get("/openapi.json", [](const Request&) { return Result<Json>(openapi_document()); });
  get("/livez", [](const Request&) { return Result<Json>(Json{{"live", true}}); });
  get("/readyz", [this](const Request&) { return ready_route(engine_); });
  add_answer_routes();
  add_document_routes();
  add_catch_alls();
}

Connection& Service::connection(const Request& request) const { return *http_.connection_of(request); }

std::optional<Connection::BodyEnd> Service::read_body(const Request& request, std::uint64_t limit, const std::function<bool(std::string_view)>& take) {
  Connection& from = connection(request);
  if (from.body_has_arrived()) return from.read_body(limit, take);
  const Permit place = try_permit(bodies_);
  return place ? std::optional(from.read_body(limit, take)) : std::nullopt;
}

void Service::add(const std::string& method, const std::string& pattern, Handler handler) {
  routes_.emplace_back(method, pattern);
  if (method == "GET") {
    http_.Get(pattern, handler);
    return;
  }
  // The library must not read the body: the handlers do, from the connection.
  const auto with_body = [handler = std::move(handler)](const Request& request, Response& response, const httplib::ContentReader&) {
    handler(request, response);
  };
  if (method == "POST") http_.Post(pattern, with_body);
  if (method == "PUT") http_.Put(pattern, with_body);
  if (method == "DELETE") http_.Delete(pattern, with_body);
}

void Service::get(const std::string& pattern, std::function<Result<Json>(const Request&)> route) {
  add("GET", pattern, [route = std::move(route)](const Request& request, Response& response) { answer(response, route(request)); });
}

void Service::post_body(const std::string& pattern, BodyHandler route) {
  add("POST", pattern, [this, route = std::move(route)](const Request& request, Response& response) {
    if (refuse_form(request, response) || refuse_encoding(request, response)) return;
    std::string body;
    const auto end = read_body(request, kMaxBodyBytes, [&](std::string_view piece) {
      body += piece;
      return true;
    });
    if (!end) return answer_no_place_for_body(response);
    switch (*end) {
      case Connection::BodyEnd::kWhole: return route(request, response, body);
      case Connection::BodyEnd::kTooLarge:
        return answer_error(response, {ErrorCode::kUsage, "the body is over " + std::to_string(kMaxBodyBytes) + " bytes", ""}, 413);
      case Connection::BodyEnd::kTooSlow:
        return answer_error(response, {ErrorCode::kUsage, "the body did not arrive in time", "send it again"}, 408);
      default: return answer_error(response, {ErrorCode::kUsage, "the body is incomplete", ""}, 400);
    }
  });
}

void Service::post(const std::string& pattern, Result<Json> (*route)(Engine&, const std::string&)) {
  post_body(pattern, [this, route](const Request&, Response& response, const std::string& body) { answer(response, route(engine_, body)); });
}

void Service::add_guards() {
  http_.set_pre_routing_handler([](const Request& request, Response& response) {
    if (request.method == "PRI") {  // HTTP/2's preface, whose "body" the library would read without a bound
      answer_error(response, {ErrorCode::kUsage, "this server speaks HTTP/1.1", ""}, 405);
      return httplib::Server::HandlerResponse::Handled;
    }
    if (!is_foreign(request)) return httplib::Server::HandlerResponse::Unhandled;
    answer_error(response, {ErrorCode::kRefused, "this server answers to loopback hosts and origins only", ""});
    return httplib::Server::HandlerResponse::Handled;
  });
  // A connection is used again only where it is certain at which byte the next request begins.
  http_.set_post_routing_handler([this](const Request& request, Response& response) {
    response.headers.erase("Keep-Alive");
    Connection* of_request = http_.connection_of(request);
    if (of_request && of_request->may_be_reused() && !http_.is_shutting()) return;
    response.headers.erase("Connection");
    response.set_header("Connection", "close");
    if (of_request) of_request->announce_close();
  });
  http_.set_error_handler([this](const Request& request, Response& response) {
    if (!response.body.empty()) return;
    if (response.status != 404)
      return answer_error(response, {ErrorCode::kUsage, "the request cannot be read", ""}, response.status);
    no_route(request, response);
  });
  http_.set_exception_handler([](const Request&, Response& response, std::exception_ptr) {
    answer_error(response, {ErrorCode::kInternal, "internal error", ""});
  });
}

void Service::add_metrics() {
  metrics_.describe("grounds_http_requests_total", "counter", "Requests by route and status.");
  metrics_.describe("grounds_http_request_seconds", "histogram", "Time to answer a request, by route.");
  metrics_.describe("grounds_answers_total", "counter", "Answers by the backend that gave them, verdict, reuse and fallback.");
  metrics_.describe("grounds_answers_failed_total", "counter", "Questions without an answer, by the error's code.");
  metrics_.describe("grounds_answer_stage_seconds", "histogram", "Time of an answer's stages: retrieval, model.");
  metrics_.describe("grounds_start_time_seconds", "gauge", "When this process began to serve, in seconds since 1970.");
  describe_backend_metrics(metrics_);
  metrics_.set("grounds_start_time_seconds", {}, static_cast<double>(engine_.workspace().clock().now()) / 1000);
  add("GET", "/metrics", [this](const Request&, Response& response) {
    set_backend_metrics(engine_, metrics_);
    response.set_content(metrics_.text(), "text/plain; version=0.0.4; charset=utf-8");
  });
  http_.set_logger([this](const Request& request, const Response& response) {
    const Connection* of_request = http_.connection_of(request);
    if (!of_request) return;
    // Known routes by their pattern: no more labels than there are routes.
    std::string route = "other";
    for (const Route& each : routes_)
      if (each.method == request.method && std::regex_match(request.path, each.regex)) route = each.pattern;
    metrics_.add("grounds_http_requests_total", {{"method", request.method.size() > 8 ? "other" : request.method}, {"route", route},
                                                 {"status", std::to_string(response.status)}});
    metrics_.observe("grounds_http_request_seconds", {{"route", route}},
                     std::chrono::duration<double>(Connection::Clock::now() - of_request->started()).count());
  });
}

// 404, or 405 where the path takes other methods.
void Service::no_route(const Request& request, Response& response) const {
  std::string allowed;
  for (const Route& each : routes_)
    if (std::regex_match(request.path, each.regex)) allowed += (allowed.empty() ? "" : ", ") + each.method;
  if (allowed.empty())
    return answer_error(response, {ErrorCode::kNotFound, "no such route: " + request.method + " " + request.path, "GET /openapi.json lists the routes"});
  response.set_header("Allow", allowed);
  answer_error(response, {ErrorCode::kUsage, request.path + " takes " + allowed + ", not " + request.method, ""}, 405);
}

// Last of the routes: bodies that come where none is taken stay unread; the library would keep them whole.
void Service::add_catch_alls() {
  const auto refuse = [this](const Request& request, Response& response, const httplib::ContentReader&) { no_route(request, response); };
  http_.Post(".*", refuse).Put(".*", refuse).Patch(".*", refuse).Delete(".*", refuse);
}

}  // namespace grounds
