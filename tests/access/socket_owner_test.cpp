#include "access/socket_owner.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/file_system.h"

using namespace grounds;

namespace {

sockaddr_storage v4(const char* text, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, text, &address.sin_addr);
  sockaddr_storage storage{};
  std::memcpy(&storage, &address, sizeof address);
  return storage;
}

sockaddr_storage v6(const char* text, int port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET6, text, &address.sin6_addr);
  sockaddr_storage storage{};
  std::memcpy(&storage, &address, sizeof address);
  return storage;
}

const std::string kTable =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1 0 100 0 0 10 0\n"
    "   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 12 1 0 20 4 30 10 -1\n"
    "   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 13 1 0 20 4 30 10 -1\n"
    "   3: 0100007F:C351 0100007F:1F90 06 00000000:00000000 03:00001733 00000000     0        0 0 3 0\n"
    "   4: 0100007F:C352 0100007F:1F90 04 00000000:00000000 01:00001733 00000000     0        0 0 3 0\n";

// A listening socket, and a client that is connected to it.
struct Connected {
  explicit Connected(const sockaddr_storage& address, socklen_t size) {
    listener = socket(address.ss_family, SOCK_STREAM, 0);
    REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener, 1) == 0);
    socklen_t length = sizeof server_address;
    getsockname(listener, reinterpret_cast<sockaddr*>(&server_address), &length);
  }
  void connect_from(int family, const sockaddr_storage& to, socklen_t size) {
    client = socket(family, SOCK_STREAM, 0);
    REQUIRE(connect(client, reinterpret_cast<const sockaddr*>(&to), size) == 0);
    accepted = accept(listener, nullptr, nullptr);
    socklen_t length = sizeof peer;
    getpeername(accepted, reinterpret_cast<sockaddr*>(&peer), &length);
  }
  ~Connected() {
    for (int socket_number : {listener, client, accepted})
      if (socket_number >= 0) close(socket_number);
  }
  int listener = -1, client = -1, accepted = -1;
  sockaddr_storage server_address{}, peer{};
};

}  // namespace

TEST_CASE("addresses are written as the kernel writes them") {
  CHECK(proc_address(v4("127.0.0.1", 8080)) == "0100007F:1F90");
  CHECK(proc_address(v4("127.0.0.1", 8080), true) == "0000000000000000FFFF00000100007F:1F90");
  CHECK(proc_address(v6("::1", 80)) == "00000000000000000000000001000000:0050");
}

TEST_CASE("the owner is that of the client's end of the connection, by both addresses") {
  const auto client = proc_address(v4("127.0.0.1", 50000)), server = proc_address(v4("127.0.0.1", 8080));
  CHECK(find_socket_owner(kTable, client, server) == 1001);
  CHECK(find_socket_owner(kTable, server, client) == 1000);  // the other way round it is the server's end
  CHECK_FALSE(find_socket_owner(kTable, proc_address(v4("127.0.0.1", 50009)), server));
  CHECK_FALSE(find_socket_owner(kTable, proc_address(v4("127.0.0.2", 50000)), server));
  CHECK_FALSE(find_socket_owner("", client, server));
  CHECK_FALSE(find_socket_owner(kTable, "", ""));
}

TEST_CASE("a socket that nobody holds any more is nobody's, though the kernel shows it as root's") {
  const auto server = proc_address(v4("127.0.0.1", 8080));
  CHECK_FALSE(find_socket_owner(kTable, proc_address(v4("127.0.0.1", 50001)), server));
  CHECK_FALSE(find_socket_owner(kTable, proc_address(v4("127.0.0.1", 50002)), server));
}

TEST_CASE("a connection of this process is found to be this user's") {
  const FileSystem files;
  SUBCASE("over IPv4") {
    Connected pair(v4("127.0.0.1", 0), sizeof(sockaddr_in));
    pair.connect_from(AF_INET, pair.server_address, sizeof(sockaddr_in));
    CHECK(socket_owner(files, pair.peer, pair.server_address) == geteuid());
    // Once the client has closed its end, nobody holds it.
    close(std::exchange(pair.client, -1));
    CHECK_FALSE(socket_owner(files, pair.peer, pair.server_address));
  }
  SUBCASE("over IPv4 from an IPv6 socket") {
    Connected pair(v4("127.0.0.1", 0), sizeof(sockaddr_in));
    sockaddr_in server{};
    std::memcpy(&server, &pair.server_address, sizeof server);
    pair.connect_from(AF_INET6, v6("::ffff:127.0.0.1", ntohs(server.sin_port)), sizeof(sockaddr_in6));
    CHECK(socket_owner(files, pair.peer, pair.server_address) == geteuid());
  }
}

TEST_CASE("an address beyond loopback is nobody's") {
  const FileSystem files;
  CHECK_FALSE(socket_owner(files, v4("192.0.2.1", 50000), v4("127.0.0.1", 8080)));
  CHECK_FALSE(socket_owner(files, v4("127.0.0.1", 50000), v4("192.0.2.1", 8080)));
}
