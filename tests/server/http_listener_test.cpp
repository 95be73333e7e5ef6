#include "server/http_listener.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

using namespace grounds;

namespace {

// A listener on a free port, whose route GET /held answers once it is let go.
struct Listening {
  explicit Listening(const HttpListener::Limits& limits) {
    http.limits = limits;
    http.Get("/held", [this](const httplib::Request&, httplib::Response& response) {
      entered.release();
      held.acquire();
      response.set_content("done", "text/plain");
    });
    port = http.bind_to_any_port("127.0.0.1");
    REQUIRE(port > 0);
    serving = std::thread([this] { status = http.serve(); });
  }
  ~Listening() {
    held.release(100);
    http.shut();
    serving.join();
    CHECK(status.has_value());
  }
  std::counting_semaphore<> entered{0}, held{0};
  HttpListener http;
  int port = 0;
  Status status;
  std::thread serving;
};

struct Client {
  explicit Client(int port) : socket(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const timeval most{20, 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
  }
  ~Client() { close(socket); }
  void ask() const {
    const std::string text = "GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n";
    REQUIRE(send(socket, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  bool has_answer() const {
    pollfd entry{socket, POLLIN, 0};
    return poll(&entry, 1, 0) > 0;
  }
  // The first piece of an answer; "" if the connection ended without.
  std::string answer() const {
    std::array<char, 4096> bytes;
    const ssize_t got = recv(socket, bytes.data(), bytes.size(), 0);
    return got > 0 ? std::string(bytes.data(), static_cast<std::size_t>(got)) : std::string();
  }
  const int socket;
};

bool is_refused(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 503 ") && answer.find("\"code\":\"unavailable\"") != std::string::npos;
}

}  // namespace

TEST_CASE("a request is refused with 503 where as many as there may be are queued, and those are answered") {
  HttpListener::Limits limits;
  limits.threads = 1;
  limits.queued = 2;
  Listening listening(limits);
  const Client first(listening.port);
  first.ask();
  listening.entered.acquire();
  std::vector<std::unique_ptr<Client>> more;
  for (int i = 0; i < 5; ++i) {
    more.push_back(std::make_unique<Client>(listening.port));
    more.back()->ask();
  }
  // The thread has the first. Which two are queued is the order they were seen in.
  const auto refusals = [&] { return std::ranges::count_if(more, [](const auto& client) { return client->has_answer(); }); };
  for (int i = 0; i < 2000 && refusals() < 3; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  listening.held.release(3);
  int answered = 0, refused = 0;
  for (const auto& client : more) {
    const std::string answer = client->answer();
    answered += answer.starts_with("HTTP/1.1 200 ");
    refused += is_refused(answer);
  }
  CHECK(first.answer().starts_with("HTTP/1.1 200 "));
  CHECK(answered == 2);
  CHECK(refused == 3);
}

TEST_CASE("requests at work and queued count as connections") {
  HttpListener::Limits limits;
  limits.threads = 1;
  limits.connections = 3;
  Listening listening(limits);
  const Client first(listening.port), second(listening.port), third(listening.port);
  first.ask();
  listening.entered.acquire();
  second.ask();
  third.ask();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));  // nothing else tells that they are queued
  const Client fourth(listening.port);
  CHECK(is_refused(fourth.answer()));
  listening.held.release(100);
  CHECK(first.answer().starts_with("HTTP/1.1 200 "));
  CHECK(second.answer().starts_with("HTTP/1.1 200 "));
  CHECK(third.answer().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a request that cannot be read is the client's mistake") {
  Listening listening({});
  const Client client(listening.port);
  REQUIRE(send(client.socket, "\r\n\r\n\r\n\r\n", 8, MSG_NOSIGNAL) == 8);
  const std::string answer = client.answer();
  CHECK(answer.starts_with("HTTP/1.1 400 "));
  CHECK(answer.find("\"code\":\"usage\"") != std::string::npos);
}
