#include "embedding/http_connection.h"

#include <httplib.h>

#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace grounds {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = HttpFailure::Kind;

constexpr std::chrono::milliseconds kLongestConnect{10'000}, kLook{100};

// Ends a request when its time is over or nobody wants it any more. The library's own timeouts begin anew with
// every byte, so a server that sends one now and then would hold a thread for ever.
class Watch {
 public:
  Watch(httplib::Client& client, Clock::time_point deadline, const std::function<bool()>& keep_going)
      : thread_([this, &client, deadline, &keep_going] {
          std::unique_lock lock(mutex_);
          while (!done_) {
            changed_.wait_for(lock, kLook);
            if (done_) return;
            if (keep_going && !keep_going()) cancelled_ = true;
            if (Clock::now() >= deadline) timed_out_ = true;
            // Again and again: it has no effect while the connection is still being made.
            if (cancelled_ || timed_out_) client.stop();
          }
        }) {}
  ~Watch() { end(); }

  void end() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  bool cancelled() const { return cancelled_; }
  bool timed_out() const { return timed_out_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::atomic<bool> cancelled_ = false, timed_out_ = false;
  std::thread thread_;
};

std::optional<std::chrono::seconds> seconds(const std::string& text) {
  unsigned value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds(value);
}

HttpFailure failure_of(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection: return {Kind::kUnreachable, "cannot be reached"};
    case httplib::Error::ConnectionTimeout: return {Kind::kUnreachable, "cannot be reached in time"};
    case httplib::Error::SSLConnection: return {Kind::kUntrusted, "no encrypted connection could be made"};
    case httplib::Error::SSLLoadingCerts: return {Kind::kUntrusted, "this machine's certificates cannot be loaded"};
    case httplib::Error::SSLServerVerification: return {Kind::kUntrusted, "its certificate is not trusted by this machine"};
    default: return {Kind::kBroken, "the connection broke before the answer was complete"};
  }
}

}  // namespace

struct HttpConnection::State {
  explicit State(const std::string& origin) : client(origin) {}
  httplib::Client client;
  bool served = false;
};

HttpConnection::HttpConnection(const EmbeddingsUrl& url) : state_(std::make_unique<State>(url.origin)) {
  state_->client.set_keep_alive(true);
  state_->client.set_follow_location(false);
  state_->client.set_tcp_nodelay(true);
}

HttpConnection::~HttpConnection() = default;

tl::expected<HttpAnswer, HttpFailure> HttpConnection::post(const std::string& path,
                                                           const std::map<std::string, std::string>& headers,
                                                           std::string body, const HttpLimits& limits,
                                                           const std::function<bool()>& keep_going) {
  httplib::Client& client = state_->client;
  client.set_connection_timeout(std::min(limits.timeout, kLongestConnect));
  client.set_read_timeout(limits.timeout);
  client.set_write_timeout(limits.timeout);
  HttpAnswer answer;
  bool too_large = false, begun = false;
  const bool served_before = std::exchange(state_->served, true);
  httplib::Request request;
  request.method = "POST";
  request.path = path;
  request.body = std::move(body);
  for (const auto& [name, value] : headers) request.set_header(name, value);
  request.response_handler = [&](const httplib::Response&) { return begun = true; };
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    too_large = answer.body.size() + size > limits.most_bytes;
    if (too_large) return false;
    answer.body.append(data, size);
    return true;
  };
  const Clock::time_point deadline = Clock::now() + limits.timeout;
  Watch watch(client, deadline, keep_going);
  httplib::Response response;
  httplib::Error error = httplib::Error::Success;
  bool sent = false;
  try {
    sent = client.send(request, response, error);
  } catch (const std::exception&) {
    error = httplib::Error::Unknown;
  }
  watch.end();
  if (!sent) client.stop();  // whatever else comes on this connection belongs to no later request
  if (watch.cancelled()) return tl::unexpected(HttpFailure{Kind::kCancelled, "was given up"});
  if (too_large) return tl::unexpected(HttpFailure{Kind::kTooLarge, "its answer is larger than any proper one"});
  // An answer without a length ends where the connection does, so one that was cut off looks complete. And the
  // library's own timeout may strike an instant before the watch looks again.
  if (watch.timed_out() || (!sent && Clock::now() >= deadline))
    return tl::unexpected(HttpFailure{Kind::kTimedOut, "gave no complete answer in " + std::to_string(limits.timeout.count()) + " ms"});
  if (!sent) {
    HttpFailure failure = failure_of(error);
    failure.stale = served_before && !begun && failure.kind == Kind::kBroken;
    return tl::unexpected(failure);
  }
  answer.status = response.status;
  answer.content_type = response.get_header_value("Content-Type");
  answer.retry_after = seconds(response.get_header_value("Retry-After"));
  return answer;
}

}  // namespace grounds
