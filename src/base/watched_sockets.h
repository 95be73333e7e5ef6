// The connections of a client library, watched from another thread: cut when they take too long or bring too much.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

namespace grounds {

// Holds descriptors of its own: the library may close its own meanwhile, and waiting for it to stop may mean waiting for
// the very handshake that is to be ended. Thread-safe.
class WatchedSockets {
 public:
  WatchedSockets() = default;
  WatchedSockets(const WatchedSockets&) = delete;
  WatchedSockets& operator=(const WatchedSockets&) = delete;
  ~WatchedSockets();

  void add(int socket);
  // Ends what is being sent and received; again for what was added since.
  void cut();
  // Bytes that came in over all of them, as the kernel counts: also those that the library has not handed on.
  std::uint64_t received() const;

 private:
  mutable std::mutex mutex_;
  std::vector<int> sockets_;  // guarded by mutex_
};

}  // namespace grounds
