// How much a TCP connection has received.
#pragma once

#include <cstdint>

namespace grounds {

// Bytes that the kernel took in for this socket so far; 0 where it does not say. In a file of its own, since the
// kernel's header for it and the C library's exclude each other.
std::uint64_t received_bytes(int socket);

}  // namespace grounds
