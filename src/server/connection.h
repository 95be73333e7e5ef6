// One client's connection: what has arrived of a request, its body bounded and in pieces, and the way back.
#pragma once

#include <httplib.h>
#include <netinet/in.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "server/http_head.h"

namespace grounds {

// Used by one thread at a time; cut() and peer_has_gone() also by others meanwhile. The library reads the
// head through it and writes the response; the body it never sees.
class Connection final : public httplib::Stream {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMaxWaitedBody = 16 << 10;  // bodies up to this are waited for without a thread
  static constexpr std::chrono::seconds kReadTimeout{10}, kWriteTimeout{10};

  // Takes over the socket.
  explicit Connection(int socket);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  enum class Arrival { kIncomplete, kReady, kClosed, kMalformed, kTooLarge };
  // Takes what has arrived, without waiting for more. kReady: a head is whole, and so is its body if it is
  // small and sent unasked.
  Arrival receive();
  // Takes what has arrived and throws it away. False at the end of it, or once it is over `at_most` bytes in all.
  bool discard_arrived(std::uint64_t at_most);
  // Lets go of what has arrived, once nobody will look at it.
  void drop_arrived() {
    buffer_ = {};
    position_ = 0;
  }
  std::size_t buffered() const { return buffer_.size() - position_; }
  bool is_idle() const { return buffered() == 0; }
  int descriptor() const { return socket_; }

  // Of the request that is ready.
  const HttpHead& head() const { return head_; }
  Clock::time_point started() const { return started_; }
  void begin_request();

  enum class BodyEnd { kWhole, kTooLarge, kBroken, kTooSlow, kNotWanted };
  // Hands the body on in pieces. kTooLarge before a byte of it is read where its length is known. kNotWanted:
  // `take` gave false. A body has 30 s, and a second more for each 16 KiB that came.
  BodyEnd read_body(std::uint64_t limit, const std::function<bool(std::string_view)>& take);
  // Whether read_body() needs to wait for nothing.
  bool body_has_arrived() const { return !chunks_left_ && body_left_ <= buffered(); }
  // Whether the next request may follow on this connection: all of the body is read, or lies in the buffer.
  bool may_be_reused() const;
  // Throws away what is left of the body, if may_be_reused().
  void end_request();
  void announce_close() { close_announced_ = true; }
  bool close_is_announced() const { return close_announced_; }

  // Whether the client has closed its end: it waits for nothing any more.
  bool peer_has_gone() const;
  // Ends all reading and writing, from any thread.
  void cut();
  bool is_cut() const { return cut_; }

  const sockaddr_storage& peer() const { return peer_; }
  const sockaddr_storage& local() const { return local_; }

  // The library's view.
  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* into, std::size_t size) override;   // of the head alone
  using httplib::Stream::write;
  ssize_t write(const char* from, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  // The library refuses sockets from 1024 on, since it would use select() on them; here poll() is used.
  socket_t socket() const override { return 0; }

 private:
  bool fill();  // waits for more; false if none comes
  bool read_line(std::string& line);
  BodyEnd read_chunks(std::uint64_t limit, const std::function<bool(std::string_view)>& take);
  BodyEnd read_exactly(std::uint64_t size, const std::function<bool(std::string_view)>& take);
  BodyEnd broken() const { return too_slow_ ? BodyEnd::kTooSlow : BodyEnd::kBroken; }

  const int socket_;
  sockaddr_storage peer_{}, local_{};
  std::string buffer_;             // arrived and not yet used from position_ on
  std::size_t position_ = 0;
  std::size_t looked_at_ = 0;      // of the buffer, for the end of the head
  HttpHead head_;
  std::size_t head_left_ = 0;      // bytes of the head that the library has not read yet
  std::uint64_t body_left_ = 0;    // of a body with a length
  bool chunks_left_ = false;       // of a chunked one
  std::uint64_t body_received_ = 0, discarded_ = 0;
  Clock::time_point started_ = Clock::now();
  bool too_slow_ = false, close_announced_ = false;
  std::atomic<bool> cut_ = false;
};

}  // namespace grounds
