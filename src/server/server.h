// The HTTP service: a thin layer over the engine. Loopback only, until keys exist.
#pragma once

#include <memory>
#include <string>

#include "engine/engine.h"
#include "grounds/result.h"

namespace grounds {

struct ListenAddress {
  std::string host;
  int port = 0;  // 0: a free one
};
// "127.0.0.1:8080", "[::1]:0", "localhost:8080". kUsage; kRefused for an address that others can reach.
Result<ListenAddress> parse_listen_address(std::string_view text);

class Server {
 public:
  // Binds; kUnavailable if the port is taken. `engine` must outlive it.
  static Result<std::unique_ptr<Server>> bind(Engine& engine, const ListenAddress& address);
  ~Server();
  std::string url() const;
  // Serves until stop(); requests under way are finished, for server.drain_seconds at most.
  Status run();
  // From any thread, also before run().
  void stop();

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace grounds
