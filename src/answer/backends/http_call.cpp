#include "answer/backends/http_call.h"

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/watched_sockets.h"

namespace grounds {
namespace {

using Milliseconds = std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

std::int64_t since(Steady::time_point start) {
  return std::chrono::duration_cast<Milliseconds>(Steady::now() - start).count();
}

// What the calling thread lets the watchdog know.
struct Progress {
  std::atomic<bool> has_head = false;
};

// Cuts the connection when the time is over, too much comes or somebody cancels. The library's own timeouts
// are for each read: a server that sends a byte a second would never meet them. It also reads a head, or the line
// with a chunk's size, to its end, however long that is.
class Watchdog {
 public:
  Watchdog(WatchedSockets& sockets, const HttpCall& call, Steady::time_point start, const Progress& progress)
      : thread_([this, &sockets, &call, start, &progress] { watch(sockets, call, start, progress); }) {}
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
  static HttpFailure judge(WatchedSockets& sockets, const HttpCall& call, Steady::time_point start, const Progress& progress) {
    if (since(start) >= call.timeout_ms) return HttpFailure::kTimeout;
    if (call.first_token_timeout_ms > 0 && since(start) >= call.first_token_timeout_ms && !call.has_first_token())
      return HttpFailure::kFirstTokenTimeout;
    if (call.cancelled && call.cancelled()) return HttpFailure::kCancelled;
    // A body in pieces of a byte has some 40 bytes around each, with TLS.
    constexpr std::uint64_t kMostAround = 64;
    const std::uint64_t most = progress.has_head ? kMaxHeadBytes + kMostAround * call.max_response_bytes : kMaxHeadBytes;
    return sockets.received() > most ? HttpFailure::kTooLarge : HttpFailure::kNone;
  }

  void watch(WatchedSockets& sockets, const HttpCall& call, Steady::time_point start, const Progress& progress) {
    std::unique_lock lock(mutex_);
    while (!done_) {
      if (verdict_ == HttpFailure::kNone) verdict_ = judge(sockets, call, start, progress);
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
  return error == httplib::Error::ConnectionTimeout ? HttpFailure::kConnectTimeout : HttpFailure::kConnection;
}

// Was there a connection over which the request may have gone?
bool was_sent(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
    case httplib::Error::ConnectionTimeout:
    case httplib::Error::BindIPAddress:
    case httplib::Error::SSLConnection:
    case httplib::Error::SSLLoadingCerts:
    case httplib::Error::SSLServerVerification: return false;
    default: return true;
  }
}

}  // namespace

HttpReply post_json(const HttpCall& call) {
  const Steady::time_point start = Steady::now();
  HttpReply reply;
  bool too_large = false, stopped = false;
  Progress progress;
  try {
    httplib::Client client(call.endpoint.origin);
    WatchedSockets sockets;
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
      progress.has_head = true;
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
    Watchdog watchdog(sockets, call, start, progress);
    httplib::Result result = client.send(request);
    reply.sent = was_sent(result.error());
    if (too_large) reply.failure = HttpFailure::kTooLarge;
    else if (stopped) reply.failure = HttpFailure::kCancelled;
    // A connection that was cut looks like the end of a body whose length was not said.
    else if (watchdog.verdict() != HttpFailure::kNone) reply.failure = watchdog.verdict();
    else if (!result) reply.failure = failure_of(result.error());
  } catch (const std::exception&) {
    reply.failure = HttpFailure::kConnection;  // a header that the library cannot make sense of
    reply.sent = true;
  }
  // Read timeouts of the library end when ours does, give or take.
  if (reply.failure == HttpFailure::kConnection && since(start) >= call.timeout_ms) reply.failure = HttpFailure::kTimeout;
  reply.latency_ms = since(start);
  return reply;
}

}  // namespace grounds
