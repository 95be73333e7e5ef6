#include "server/http_listener.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <string>

namespace grounds {
namespace {

constexpr const char* kTooMuchWork = "the server has more requests than it can take on";
constexpr std::size_t kOwnDescriptors = 512;  // kept for files, databases and calls to models

// As many descriptors as this process may have at all.
std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<std::size_t>(limit.rlim_cur);
}

void watch(int poll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.fd = descriptor;
  epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

}  // namespace

HttpListener::HttpListener() : poll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

HttpListener::~HttpListener() {
  if (svr_sock_ != INVALID_SOCKET) close(svr_sock_.exchange(INVALID_SOCKET));
  if (poll_ >= 0) close(poll_);
  if (wake_ >= 0) close(wake_);
}

void HttpListener::wake() const {
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);  // full: then it is awake
}

void HttpListener::shut() {
  shutting_ = true;
  wake();
}

Connection* HttpListener::connection_of(const httplib::Request& request) const {
  std::lock_guard lock(mutex_);
  const auto found = requests_.find(&request);
  return found == requests_.end() ? nullptr : found->second;
}

Status HttpListener::serve() {
  if (poll_ < 0 || wake_ < 0) return fail(ErrorCode::kUnavailable, std::string("the system gives no more descriptors: ") + std::strerror(errno));
  const int listener = svr_sock_;
  fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
  // The library's own backlog is 5; connections beyond it would wait for a second or more.
  if (::listen(listener, 4096) != 0) return fail(ErrorCode::kUnavailable, std::string("cannot listen: ") + std::strerror(errno));
  const std::size_t descriptors = raise_descriptor_limit();
  capacity_ = std::min(limits.connections, descriptors > 2 * kOwnDescriptors ? descriptors - kOwnDescriptors : descriptors / 2);
  watch(poll_, listener);
  watch(poll_, wake_);
  std::array<epoll_event, 256> events;
  while (!shutting_) {
    const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 500);
    for (int i = 0; i < count && !shutting_; ++i) {
      const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
      if (descriptor == listener) accept_new();
      else if (descriptor == wake_) take_returned();
      else on_ready(descriptor);
    }
    close_overdue();
  }
  drain();
  return {};
}

void HttpListener::accept_new() {
  for (int i = 0; i < 64; ++i) {
    const int socket = accept4(svr_sock_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) {
      // Without a descriptor for it the connection stays in the backlog; the longest waiting one makes room.
      if ((errno == EMFILE || errno == ENFILE) && !order_.empty()) take_out(order_.front());
      return;
    }
    int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    auto connection = std::make_unique<Connection>(socket);
    if (waiting_.size() + at_work() < capacity_) {
      wait(std::move(connection), false);
    } else if (!order_.empty()) {
      take_out(order_.front());
      wait(std::move(connection), false);
    } else {
      refuse(std::move(connection), 503, "Service Unavailable", ErrorCode::kUnavailable, kTooMuchWork);
    }
  }
}

std::size_t HttpListener::at_work() const {
  std::lock_guard lock(mutex_);
  return queue_.size() + active_.size() + returned_.size();
}

void HttpListener::wait(std::unique_ptr<Connection> connection, bool lingering, std::uint64_t linger_bytes) {
  const int descriptor = connection->descriptor();
  if (lingering) connection->drop_arrived();
  Waiting& entry = waiting_[descriptor];
  entry.connection = std::move(connection);
  entry.lingering = lingering;
  entry.linger_bytes = linger_bytes;
  entry.until = Connection::Clock::now() + (lingering ? limits.linger_timeout : limits.idle_timeout);
  entry.place = order_.insert(order_.end(), descriptor);
  watch(poll_, descriptor);
}

std::unique_ptr<Connection> HttpListener::take_out(int descriptor) {
  const auto found = waiting_.find(descriptor);
  std::unique_ptr<Connection> connection = std::move(found->second.connection);
  buffered_ -= found->second.buffered;
  order_.erase(found->second.place);
  waiting_.erase(found);
  epoll_ctl(poll_, EPOLL_CTL_DEL, descriptor, nullptr);
  return connection;
}

void HttpListener::on_ready(int descriptor) {
  const auto found = waiting_.find(descriptor);
  if (found == waiting_.end()) return;
  Waiting& entry = found->second;
  if (entry.lingering) {
    if (!entry.connection->discard_arrived(entry.linger_bytes)) take_out(descriptor);
    return;
  }
  const bool was_idle = entry.connection->is_idle();
  const Connection::Arrival arrival = entry.connection->receive();
  buffered_ += entry.connection->buffered() - entry.buffered;
  entry.buffered = entry.connection->buffered();
  // A head has its time from its first byte on, however slowly the others come.
  if (was_idle) entry.until = Connection::Clock::now() + limits.head_timeout;
  switch (arrival) {
    case Connection::Arrival::kIncomplete:
      if (buffered_ > limits.buffered_bytes) take_out(descriptor);
      return;
    case Connection::Arrival::kClosed: take_out(descriptor); return;
    case Connection::Arrival::kReady: return enqueue(take_out(descriptor));
    case Connection::Arrival::kMalformed: return refuse(take_out(descriptor), 400, "Bad Request", ErrorCode::kUsage, "the request cannot be read");
    case Connection::Arrival::kTooLarge:
      return refuse(take_out(descriptor), 431, "Request Header Fields Too Large", ErrorCode::kUsage, "the head of the request is over 32768 bytes, or a line of it over 8192");
  }
}

// What is refused before there is a request: a plain answer, and the end of the connection.
void HttpListener::refuse(std::unique_ptr<Connection> connection, int status, const char* title, ErrorCode code, const char* detail) {
  const std::string number = std::to_string(status);
  const std::string name(error_code_name(code));
  const std::string body = "{\"code\":\"" + name + "\",\"detail\":\"" + detail + "\",\"hint\":\"\",\"status\":" + number + ",\"title\":\"" + name +
                           "\",\"type\":\"urn:grounds:problem:" + name + "\"}";
  const std::string text = "HTTP/1.1 " + number + " " + title + "\r\nContent-Type: application/problem+json\r\nConnection: close\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\n\r\n" + body;
  // A fresh response fits into the socket's buffer; where it does not, nobody reads.
  (void)!::send(connection->descriptor(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(connection->descriptor(), SHUT_WR);
  wait(std::move(connection), true, kMaxHeadBytes);
}

void HttpListener::close_overdue() {
  const Time now = Connection::Clock::now();
  if (now - swept_ < std::chrono::milliseconds(250)) return;
  swept_ = now;
  std::vector<int> overdue;
  for (const auto& [descriptor, entry] : waiting_)
    if (entry.until <= now) overdue.push_back(descriptor);
  for (int descriptor : overdue) {
    const Waiting& entry = waiting_.at(descriptor);
    if (entry.lingering || entry.connection->is_idle()) take_out(descriptor);
    else refuse(take_out(descriptor), 408, "Request Timeout", ErrorCode::kUsage, "the request did not arrive in time");
  }
}

void HttpListener::take_returned() {
  std::uint64_t count = 0;
  (void)!::read(wake_, &count, sizeof count);
  std::vector<std::pair<std::unique_ptr<Connection>, bool>> returned;
  {
    std::lock_guard lock(mutex_);
    returned.swap(returned_);
  }
  for (auto& [connection, lingering] : returned) {
    const int descriptor = connection->descriptor();
    const bool has_more = !lingering && !connection->is_idle();
    wait(std::move(connection), lingering, limits.linger_bytes);
    if (has_more) on_ready(descriptor);  // the next request came behind the one that was answered
  }
}

// With mutex_ held. Where the system gives no thread, or no memory for one, those that are there take the work.
void HttpListener::add_thread() {
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::exception&) {
  }
}

void HttpListener::enqueue(std::unique_ptr<Connection> connection) {
  const char* refused = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (queue_.size() < limits.queued) queue_.push_back(std::move(connection));
    else refused = kTooMuchWork;
    if (idle_threads_ < queue_.size() && threads_.size() < limits.threads) add_thread();
    // Where there is no thread yet and none to be had, nobody would take it.
    if (threads_.empty() && !queue_.empty()) {
      refused = "the system gives the server no thread";
      connection = std::move(queue_.back());
      queue_.pop_back();
    }
    queued_.notify_one();
  }
  if (refused) refuse(std::move(connection), 503, "Service Unavailable", ErrorCode::kUnavailable, refused);
}

void HttpListener::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_threads_;
    queued_.wait(lock, [this] { return !queue_.empty() || ended_; });
    --idle_threads_;
    if (queue_.empty()) return;
    std::unique_ptr<Connection> connection = std::move(queue_.front());
    queue_.pop_front();
    active_.push_back(connection.get());
    lock.unlock();
    const bool goes_on = answer(*connection);
    lock.lock();
    std::erase(active_, connection.get());
    if (active_.empty() && queue_.empty()) idle_.notify_all();
    lock.unlock();
    if (goes_on) connection->end_request();
    else shutdown(connection->descriptor(), SHUT_WR);
    // Closing while the client still sends would take the response from it (a reset): it lingers.
    give_back(std::move(connection), !goes_on);
    lock.lock();
  }
}

bool HttpListener::answer(Connection& connection) {
  connection.begin_request();
  const httplib::Request* current = nullptr;
  bool close_asked = false;
  bool written = false;
  try {
    written = process_request(connection, false, close_asked, [&](httplib::Request& request) {
      std::lock_guard lock(mutex_);
      requests_[&request] = &connection;
      current = &request;
    });
  } catch (const std::exception&) {
    // Routes answer for their own exceptions; one while a response is written must not end the server.
  }
  {
    std::lock_guard lock(mutex_);
    requests_.erase(current);
  }
  return written && current && !close_asked && !connection.close_is_announced() && connection.may_be_reused() && !shutting_;
}

void HttpListener::give_back(std::unique_ptr<Connection> connection, bool lingering) {
  {
    std::lock_guard lock(mutex_);
    returned_.emplace_back(std::move(connection), lingering);
  }
  wake();
}

void HttpListener::drain() {
  // The library takes INVALID_SOCKET as a sign to end streams: the number stays until the last one is out.
  close(svr_sock_);
  while (!waiting_.empty()) take_out(order_.front());
  {
    std::unique_lock lock(mutex_);
    const auto finished = [this] { return active_.empty() && queue_.empty(); };
    if (!idle_.wait_for(lock, limits.drain_timeout, finished))
      for (Connection* connection : active_) connection->cut();
    for (const auto& connection : queue_) connection->cut();
    ended_ = true;
    queued_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  svr_sock_ = INVALID_SOCKET;
  returned_.clear();
}

}  // namespace grounds
