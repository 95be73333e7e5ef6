#include "answer/backends/http_call.h"

#include <fcntl.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace grounds {
namespace {

using Milliseconds = std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

std::int64_t since(Steady::time_point start) {
  return std::chrono::duration_cast<Milliseconds>(Steady::now() - start).count();
}

// The call's connections, by descriptors of their own: the library may close its own meanwhile, and its
// stop() waits for the TLS handshake that is to be ended.
class Sockets {
 public:
  Sockets() = default;
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;
  ~Sockets() {
    for (const int each : open_) ::close(each);
  }
  void add(int socket) {
    std::lock_guard lock(mutex_);
    if (const int own = ::fcntl(socket, F_DUPFD_CLOEXEC, 0); own >= 0) open_.push_back(own);
  }
  void cut() {
    std::lock_guard lock(mutex_);
    for (const int each : open_) ::shutdown(each, SHUT_RDWR);
  }

 private:
  std::mutex mutex_;
  std::vector<int> open_;  // guarded by mutex_
};

// Cuts the connection when the time is over or somebody cancels. The library's own timeouts
// are for each read: a server that sends a byte a second would never meet them.
class Watchdog {
 public:
  Watchdog(Sockets& sockets, const HttpCall& call, Steady::time_point start)
      : thread_([this, &sockets, &call, start] { watch(sockets, call, start); }) {}
  ~Watchdog() {
    {
      std::lock_guard lock(mutex_);
      done_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  HttpFailure verdict() const { return verdict_; }

 private:
  void watch(Sockets& sockets, const HttpCall& call, Steady::time_point start) {
    std::unique_lock lock(mutex_);
    while (!done_) {
      if (since(start) >= call.timeout_ms) verdict_ = HttpFailure::kTimeout;
      else if (call.cancelled && call.cancelled()) verdict_ = HttpFailure::kCancelled;
      // Again and again: the first time there may be no connection yet to close.
      if (verdict_ != HttpFailure::kNone) sockets.cut();
      wake_.wait_for(lock, Milliseconds(20));
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;  // guarded by mutex_
  std::atomic<HttpFailure> verdict_ = HttpFailure::kNone;
  std::thread thread_;  // last: it uses the others
};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c); });
  return text;
}

HttpFailure failure_of(httplib::Error error) {
  return error == httplib::Error::ConnectionTimeout ? HttpFailure::kTimeout : HttpFailure::kConnection;
}

}  // namespace

HttpReply post_json(const HttpCall& call) {
  const Steady::time_point start = Steady::now();
  HttpReply reply;
  bool too_large = false, stopped = false;
  try {
    httplib::Client client(call.endpoint.origin);
    Sockets sockets;
    client.set_socket_options([&sockets](socket_t socket) { sockets.add(socket); });
    client.set_follow_location(false);
    client.set_decompress(false);
    client.set_keep_alive(false);
    const std::int64_t connect = std::min(call.connect_timeout_ms, call.timeout_ms);
    client.set_connection_timeout(Milliseconds(connect));
    client.set_read_timeout(Milliseconds(call.timeout_ms));
    client.set_write_timeout(Milliseconds(call.timeout_ms));
    httplib::Request request;
    request.method = "POST";
    request.path = call.endpoint.path + call.path;
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json, text/event-stream"},
                       {"Accept-Encoding", "identity"}, {"User-Agent", "grounds/" GROUNDS_VERSION}};
    if (!call.bearer.empty()) request.headers.emplace("Authorization", "Bearer " + call.bearer);
    request.body = call.body;
    request.response_handler = [&](const httplib::Response& response) {
      reply.status = response.status;
      reply.first_byte_ms = since(start);
      for (const auto& [name, value] : response.headers) reply.headers[lower(name)] = value;
      return true;
    };
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
      const std::size_t room = call.max_response_bytes - reply.body.size();
      too_large = size > room;
      reply.body.append(data, std::min(size, room));
      if (!too_large && call.on_bytes && reply.status == 200)
        stopped = !call.on_bytes(std::string_view(data, size));
      return !too_large && !stopped;
    };
    Watchdog watchdog(sockets, call, start);
    httplib::Result result = client.send(request);
    if (too_large) reply.failure = HttpFailure::kTooLarge;
    else if (stopped) reply.failure = HttpFailure::kCancelled;
    // A connection that was cut looks like the end of a body whose length was not said.
    else if (watchdog.verdict() != HttpFailure::kNone) reply.failure = watchdog.verdict();
    else if (!result) reply.failure = failure_of(result.error());
  } catch (const std::exception&) {
    reply.failure = HttpFailure::kConnection;  // a header that the library cannot make sense of
  }
  // Read timeouts of the library end when ours does, give or take.
  if (reply.failure == HttpFailure::kConnection && since(start) >= call.timeout_ms) reply.failure = HttpFailure::kTimeout;
  reply.latency_ms = since(start);
  return reply;
}

}  // namespace grounds
