#include "server/server.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstring>
#include <functional>
#include <regex>
#include <utility>
#include <vector>

#include "base/log.h"
#include "server/routes.h"

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

}  // namespace

struct Server::State {
  explicit State(Engine& the_engine) : engine(the_engine) {}
  Engine& engine;
  ListenAddress address;
  httplib::Server http;
  std::atomic<bool> stopping = false;
  std::vector<std::pair<std::string, std::regex>> routes;  // method and path, to tell 405 from 404

  void get(const std::string& pattern, std::function<Result<Json>(const httplib::Request&)> route) {
    routes.emplace_back("GET", pattern);
    http.Get(pattern, [route = std::move(route)](const httplib::Request& request, httplib::Response& response) {
      answer(response, route(request));
    });
  }

  // A route that takes a JSON body, of at most kMaxBodyBytes however it is sent.
  void post(const std::string& pattern, Result<Json> (*route)(Engine&, const std::string&)) {
    routes.emplace_back("POST", pattern);
    http.Post(pattern, [this, route](const httplib::Request&, httplib::Response& response,
                                     const httplib::ContentReader& reader) {
      std::string body;
      bool fits = true;
      bool complete = reader([&](const char* data, std::size_t size) {
        fits = body.size() + size <= kMaxBodyBytes;
        if (fits) body.append(data, size);
        return fits;
      });
      if (!fits || !complete) {
        std::string what = fits ? "the body is incomplete" : "the body is over " + std::to_string(kMaxBodyBytes) + " bytes";
        return answer_error(response, {ErrorCode::kUsage, std::move(what), ""}, fits ? 400 : 413);
      }
      answer(response, route(engine, body));
    });
  }

  void add_routes() {
    http.set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
      if (!is_foreign(request)) return httplib::Server::HandlerResponse::Unhandled;
      answer(response, fail(ErrorCode::kRefused, "this server answers to loopback hosts and origins only"));
      return httplib::Server::HandlerResponse::Handled;
    });
    http.set_error_handler([this](const httplib::Request& request, httplib::Response& response) {
      if (!response.body.empty()) return;
      if (response.status != 404)
        return answer_error(response, {ErrorCode::kUsage, "the request cannot be read", ""}, response.status);
      std::string allowed;
      for (const auto& [method, pattern] : routes)
        if (std::regex_match(request.path, pattern)) allowed += (allowed.empty() ? "" : ", ") + method;
      if (allowed.empty())
        return answer_error(response, {ErrorCode::kNotFound, "no such route: " + request.method + " " + request.path, ""});
      response.set_header("Allow", allowed);
      answer_error(response, {ErrorCode::kUsage, request.path + " takes " + allowed + ", not " + request.method, ""}, 405);
    });
    http.set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr) {
      answer(response, fail(ErrorCode::kInternal, "internal error"));
    });
    post("/v1/search", search_route);
    post("/v1/ask", ask_route);
    // Reads a body that it has no use for, but bounded.
    const std::string replay = R"(/v1/answers/([0-9A-Za-z]+)/replay)";
    routes.emplace_back("POST", replay);
    http.Post(replay,
              [this](const httplib::Request& request, httplib::Response& response, const httplib::ContentReader& reader) {
                std::size_t size = 0;
                reader([&](const char*, std::size_t more) { return (size += more) <= kMaxBodyBytes; });
                answer(response, replay_route(engine, request.matches[1]));
              });
    get(R"(/v1/answers/([0-9A-Za-z]+))",
        [this](const httplib::Request& request) { return answer_route(engine, request.matches[1]); });
    get("/v1/collections", [this](const httplib::Request&) { return collections_route(engine); });
    get(R"(/v1/collections/([^/]+))",
        [this](const httplib::Request& request) { return collection_route(engine, request.matches[1]); });
    get("/livez", [](const httplib::Request&) { return Result<Json>(Json{{"live", true}}); });
    get("/readyz", [this](const httplib::Request&) { return ready_route(engine); });
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
