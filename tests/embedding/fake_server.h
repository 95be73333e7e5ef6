// A server on a free loopback port that does to its clients whatever a test says.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace grounds {

class FakeServer {
 public:
  struct Request {
    std::string head;  // request line and headers
    std::string body;
  };
  // Answers a request on an open connection: writes what it likes with send_all. The connection is closed after it,
  // unless it says true. Called from a thread of the connection's own.
  using Handler = std::function<bool(int socket, const Request& request, FakeServer& server)>;

  explicit FakeServer(Handler handler);
  ~FakeServer();  // closes all connections and waits for their threads
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }
  std::vector<Request> requests() const;  // so far, whole ones
  bool stopping() const { return stopping_; }
  // False if the client is gone.
  static bool send_all(int socket, const std::string& bytes);

 private:
  void serve(int socket);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// A whole answer: status line, headers, body.
std::string http_answer(int status, const std::string& body, const std::string& type = "application/json",
                        const std::string& more_headers = {});

}  // namespace grounds
