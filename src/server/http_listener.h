// Takes connections, and hands each request to a thread once it has arrived. Connections that wait cost a
// descriptor and their few bytes, no thread: thousands of idle ones are in nobody's way.
#pragma once

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "grounds/result.h"
#include "server/connection.h"

namespace grounds {

// The library's routing and writing on connections of our own. Its accepting, its keeping alive and its
// reading of bodies are not used: they hold a thread a connection and grow with what a client sends.
class HttpListener : public httplib::Server {
 public:
  struct Limits {
    std::size_t connections = 16'384;            // or fewer, as descriptors allow; the longest idle one goes first
    std::size_t threads = 256;                   // requests at work; more are queued
    std::size_t queued = 1024;                   // whole requests, of 48 KiB at most; more are refused with 503
    std::size_t buffered_bytes = 64 << 20;       // of all that wait together
    std::chrono::seconds head_timeout{10}, idle_timeout{60}, linger_timeout{2};
    std::uint64_t linger_bytes = 512 << 20;      // of a body that is still being sent when it is refused
    std::chrono::seconds drain_timeout{20};      // for requests under way when it stops
  };

  HttpListener();
  ~HttpListener() override;
  // After one of the library's bind_to_...(): serves until shut(). Requests under way are finished, for
  // drain_timeout at most; then they are cut.
  Status serve();
  // From any thread, also before serve().
  void shut();
  bool is_shutting() const { return shutting_; }
  // The connection of a request at work; nullptr for one that could not be parsed.
  Connection* connection_of(const httplib::Request& request) const;
  Limits limits;  // before serve()

 private:
  using Time = Connection::Clock::time_point;
  struct Waiting {
    std::unique_ptr<Connection> connection;
    Time until{};                    // then it is closed
    bool lingering = false;          // answered; what still comes is thrown away, so that the answer is read
    std::uint64_t linger_bytes = 0;
    std::list<int>::iterator place;  // in order_
    std::size_t buffered = 0;
  };

  // Of the serving thread.
  void accept_new();
  void wait(std::unique_ptr<Connection> connection, bool lingering, std::uint64_t linger_bytes = 0);
  void on_ready(int descriptor);
  std::unique_ptr<Connection> take_out(int descriptor);
  void close_overdue();
  void take_returned();
  void refuse(std::unique_ptr<Connection> connection, int status, const char* title, ErrorCode code, const char* detail);
  std::size_t at_work() const;  // connections that threads have or will have
  void drain();

  // Of the threads.
  void enqueue(std::unique_ptr<Connection> connection);
  void add_thread();
  void work();
  // Whether the connection can take another request.
  bool answer(Connection& connection);
  void give_back(std::unique_ptr<Connection> connection, bool lingering);
  void wake() const;

  int poll_ = -1, wake_ = -1;
  std::unordered_map<int, Waiting> waiting_;
  std::list<int> order_;             // of waiting_, longest waiting first
  std::size_t buffered_ = 0;         // of waiting_
  std::size_t capacity_ = 0;
  Time swept_{};
  std::atomic<bool> shutting_ = false;

  mutable std::mutex mutex_;         // guards what follows
  std::condition_variable queued_, idle_;
  std::deque<std::unique_ptr<Connection>> queue_;
  std::vector<std::pair<std::unique_ptr<Connection>, bool>> returned_;
  std::map<const httplib::Request*, Connection*> requests_;
  std::vector<Connection*> active_;
  std::vector<std::thread> threads_;
  std::size_t idle_threads_ = 0;
  bool ended_ = false;
};

}  // namespace grounds
