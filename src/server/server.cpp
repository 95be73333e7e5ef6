#include "server/server.h"

#include <sys/socket.h>

#include <charconv>
#include <cstring>
#include <utility>

#include "server/http_listener.h"
#include "server/service.h"
#include "server/upload.h"

namespace grounds {

struct Server::State {
  explicit State(Engine& engine) : service(engine, http) {}
  ListenAddress address;
  HttpListener http;
  Service service;
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
  if (!is_loopback_host(host))
    return fail(ErrorCode::kRefused, "cannot listen on " + std::string(host) + ": without API keys the server is for this machine only",
                "listen on 127.0.0.1, set writes = false in [server], and put an authenticating proxy in front");
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
  state->http.limits.drain_timeout = std::chrono::seconds(engine.configuration().drain_seconds);
  remove_old_uploads(engine.workspace().file_system(), engine.workspace().directory());
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

Status Server::run() { return state_->http.serve(); }

void Server::stop() {
  state_->service.stop();
  state_->http.shut();
}

}  // namespace grounds
