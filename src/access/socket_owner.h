// Whose the other end of a TCP connection within this machine is, as the kernel tells it.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"

namespace grounds {

// How /proc/net/tcp (IPv4) and /proc/net/tcp6 write an address: words of memory in hexadecimal, then the
// port. `mapped`: an IPv4 address as an IPv6 socket has it. "" for another family.
std::string proc_address(const sockaddr_storage& address, bool mapped = false);

// The user of the socket `local` -> `remote` in a table of /proc/net. None if it is not in there, or if it
// has no inode: the kernel shows a socket that its process has closed already as root's.
std::optional<uid_t> find_socket_owner(std::string_view table, std::string_view local, std::string_view remote);

// The user whose socket has the connection from `client` to `server`, both on loopback. None if they are
// not, or if nothing can be found out. Costs a read of the tables, some 0.1 ms for 1,000 connections.
std::optional<uid_t> socket_owner(const FileSystem& file_system, const sockaddr_storage& client, const sockaddr_storage& server);

}  // namespace grounds
