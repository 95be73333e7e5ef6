#include "server/connection.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace grounds {
namespace {

constexpr std::size_t kPiece = 64 << 10;
constexpr std::size_t kMaxChunkLine = 256, kMaxTrailers = 32;

// 1: ready, 0: the time is up, -1: an error. The peer's end counts as readable.
int wait_for(int socket, short events, std::chrono::milliseconds at_most) {
  pollfd entry{socket, events, 0};
  int ready = 0;
  do ready = poll(&entry, 1, static_cast<int>(at_most.count()));
  while (ready < 0 && errno == EINTR);
  return ready;
}

void describe(const sockaddr_storage& address, std::string& ip, int& port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    port = ntohs(v6.sin6_port);
  } else {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    port = ntohs(v4.sin_port);
  }
  ip = text.data();
}

}  // namespace

Connection::Connection(int socket) : socket_(socket) {
  socklen_t size = sizeof peer_;
  getpeername(socket_, reinterpret_cast<sockaddr*>(&peer_), &size);
  size = sizeof local_;
  getsockname(socket_, reinterpret_cast<sockaddr*>(&local_), &size);
}

Connection::~Connection() { close(socket_); }

Connection::Arrival Connection::receive() {
  std::array<char, kPiece> piece;
  bool ended = false;
  while (buffered() < kMaxHeadBytes + kMaxWaitedBody) {
    const ssize_t got = recv(socket_, piece.data(), std::min(piece.size(), kMaxHeadBytes + kMaxWaitedBody - buffered()), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (got <= 0) {
      ended = true;
      break;
    }
    if (position_ > 0) buffer_.erase(0, std::exchange(position_, 0));
    buffer_.append(piece.data(), static_cast<std::size_t>(got));
  }
  const std::string_view arrived = std::string_view(buffer_).substr(position_);
  if (head_.state != HttpHead::State::kComplete) head_ = read_http_head(arrived, std::exchange(looked_at_, arrived.size()));
  switch (head_.state) {
    case HttpHead::State::kMalformed: return Arrival::kMalformed;
    case HttpHead::State::kTooLarge: return Arrival::kTooLarge;
    case HttpHead::State::kIncomplete: return ended ? Arrival::kClosed : Arrival::kIncomplete;
    case HttpHead::State::kComplete: break;
  }
  const bool waits = !ended && !head_.expects_continue && !head_.chunked && head_.content_length <= kMaxWaitedBody;
  return waits && arrived.size() < head_.size + head_.content_length ? Arrival::kIncomplete : Arrival::kReady;
}

bool Connection::discard_arrived(std::uint64_t at_most) {
  std::array<char, kPiece> piece;
  for (int i = 0; i < 16; ++i) {  // others want their turn
    const ssize_t got = recv(socket_, piece.data(), piece.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    if (got == 0 || (discarded_ += static_cast<std::uint64_t>(got)) > at_most) return false;
  }
  return true;
}

void Connection::begin_request() {
  started_ = Clock::now();
  head_left_ = head_.size;
  body_left_ = head_.content_length;
  chunks_left_ = head_.chunked;
  body_received_ = 0;
  too_slow_ = false;
}

bool Connection::fill() {
  const auto allowed = std::chrono::seconds(30 + body_received_ / (16 << 10));
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(started_ + allowed - Clock::now());
  const auto at_most = std::min<std::chrono::milliseconds>(left, kReadTimeout);
  const int ready = cut_ ? -1 : at_most.count() <= 0 ? 0 : wait_for(socket_, POLLIN, at_most);
  if (ready == 0) too_slow_ = true;
  if (ready <= 0) return false;
  buffer_.resize(kPiece);
  position_ = 0;
  const ssize_t got = recv(socket_, buffer_.data(), buffer_.size(), 0);
  buffer_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  body_received_ += buffer_.size();
  return got > 0;
}

bool Connection::read_line(std::string& line) {
  line.clear();
  for (;;) {
    if (buffered() == 0 && !fill()) return false;
    const char c = buffer_[position_++];
    if (c == '\n') break;
    if (line.size() == kMaxChunkLine) return false;
    line += c;
  }
  if (!line.ends_with('\r')) return false;
  line.pop_back();
  return line.find('\r') == std::string::npos;
}

Connection::BodyEnd Connection::read_exactly(std::uint64_t size, const std::function<bool(std::string_view)>& take) {
  while (size > 0) {
    if (buffered() == 0 && !fill()) return broken();
    const std::string_view piece = std::string_view(buffer_).substr(position_, static_cast<std::size_t>(std::min<std::uint64_t>(size, kPiece)));
    position_ += piece.size();
    size -= piece.size();
    if (!head_.chunked) body_left_ = size;
    if (!take(piece)) return BodyEnd::kNotWanted;
  }
  return BodyEnd::kWhole;
}

Connection::BodyEnd Connection::read_chunks(std::uint64_t limit, const std::function<bool(std::string_view)>& take) {
  std::string line;
  for (std::uint64_t total = 0;;) {
    if (!read_line(line)) return broken();
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    // An extension may follow the size, and means nothing here.
    if (error != std::errc{} || (end != line.data() + line.size() && *end != ';' && *end != ' ')) return BodyEnd::kBroken;
    if (size > limit - total) return BodyEnd::kTooLarge;
    if (size == 0) break;
    total += size;
    if (const BodyEnd end_of_chunk = read_exactly(size, take); end_of_chunk != BodyEnd::kWhole) return end_of_chunk;
    if (!read_line(line) || !line.empty()) return broken();
  }
  for (std::size_t trailers = 0; trailers < kMaxTrailers; ++trailers) {
    if (!read_line(line)) return broken();
    if (!line.empty()) continue;
    chunks_left_ = false;
    return BodyEnd::kWhole;
  }
  return BodyEnd::kBroken;
}

Connection::BodyEnd Connection::read_body(std::uint64_t limit, const std::function<bool(std::string_view)>& take) {
  if (chunks_left_) return read_chunks(limit, take);
  if (body_left_ > limit) return BodyEnd::kTooLarge;
  return read_exactly(body_left_, take);
}

bool Connection::may_be_reused() const { return body_has_arrived() && head_left_ == 0 && !cut_; }

void Connection::end_request() {
  position_ += static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, buffered()));
  buffer_.erase(0, std::exchange(position_, 0));
  // What a large body needed is not kept by a connection that waits.
  if (buffer_.capacity() > kPiece / 4) buffer_.shrink_to_fit();
  body_left_ = 0;
  head_ = {};
  looked_at_ = 0;
}

bool Connection::peer_has_gone() const {
  if (cut_) return true;
  pollfd entry{socket_, POLLRDHUP, 0};
  return poll(&entry, 1, 0) > 0 && (entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Connection::cut() {
  cut_ = true;
  shutdown(socket_, SHUT_RDWR);
}

bool Connection::is_readable() const { return head_left_ > 0; }

bool Connection::is_writable() const { return !cut_ && !peer_has_gone() && wait_for(socket_, POLLOUT, kWriteTimeout) > 0; }

ssize_t Connection::read(char* into, std::size_t size) {
  const std::size_t count = std::min(size, head_left_);
  std::memcpy(into, buffer_.data() + position_, count);
  position_ += count;
  head_left_ -= count;
  return static_cast<ssize_t>(count);
}

ssize_t Connection::write(const char* from, std::size_t size) {
  for (;;) {
    if (cut_) return -1;
    const ssize_t sent = send(socket_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return sent;
    if (errno == EINTR) continue;
    if ((errno != EAGAIN && errno != EWOULDBLOCK) || wait_for(socket_, POLLOUT, kWriteTimeout) <= 0) return -1;
  }
}

void Connection::get_remote_ip_and_port(std::string& ip, int& port) const { describe(peer_, ip, port); }
void Connection::get_local_ip_and_port(std::string& ip, int& port) const { describe(local_, ip, port); }

}  // namespace grounds
