#include "base/watched_sockets.h"

#include <fcntl.h>
#include <linux/tcp.h>  // tcpi_bytes_received; it and <netinet/tcp.h> exclude each other
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace grounds {

WatchedSockets::~WatchedSockets() {
  for (const int each : sockets_) ::close(each);
}

void WatchedSockets::add(int socket) {
  const std::lock_guard lock(mutex_);
  if (const int own = ::fcntl(socket, F_DUPFD_CLOEXEC, 0); own >= 0) sockets_.push_back(own);
}

void WatchedSockets::cut() {
  const std::lock_guard lock(mutex_);
  for (const int each : sockets_) ::shutdown(each, SHUT_RDWR);
}

std::uint64_t WatchedSockets::received() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  for (const int each : sockets_) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(each, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) bytes += info.tcpi_bytes_received;
  }
  return bytes;
}

}  // namespace grounds
