#include "access/socket_owner.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <span>

namespace grounds {
namespace {

constexpr std::size_t kMaxTableBytes = 64 << 20;

std::string hexadecimal(std::span<const unsigned char> bytes, int port) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    std::array<char, 9> digits{};
    std::snprintf(digits.data(), digits.size(), "%08X", word);
    text += digits.data();
  }
  std::array<char, 6> digits{};
  std::snprintf(digits.data(), digits.size(), ":%04X", static_cast<unsigned>(port) & 0xffffu);
  return text + digits.data();
}

bool is_loopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  return address.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

// Files of /proc say no size.
std::string read_table(const FileSystem& file_system, const std::string& path) {
  std::string text;
  auto file = file_system.open(path, OpenMode::kRead);
  if (!file) return text;
  std::array<std::byte, 64 << 10> piece;
  while (text.size() < kMaxTableBytes) {
    auto got = file->read_some(text.size(), piece);
    if (!got || *got == 0) break;
    text.append(reinterpret_cast<const char*>(piece.data()), *got);
  }
  return text;
}

std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace

std::string proc_address(const sockaddr_storage& address, bool mapped) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    std::array<unsigned char, 16> bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    std::memcpy(bytes.data() + 12, &v4.sin_addr, 4);
    return hexadecimal(std::span(bytes).subspan(mapped ? 0 : 12), ntohs(v4.sin_port));
  }
  if (address.ss_family != AF_INET6) return {};
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  return hexadecimal(std::span(v6.sin6_addr.s6_addr), ntohs(v6.sin6_port));
}

std::optional<uid_t> find_socket_owner(std::string_view table, std::string_view local, std::string_view remote) {
  if (local.empty() || remote.empty()) return std::nullopt;
  const std::string pair = " " + std::string(local) + " " + std::string(remote) + " ";
  const std::size_t at = table.find(pair);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = table.substr(at + pair.size());
  rest = rest.substr(0, rest.find('\n'));
  // After the addresses: state, queues, timer, retransmits; then uid, timeout, inode.
  for (int i = 0; i < 4; ++i) next_word(rest);
  const std::string_view user = next_word(rest);
  next_word(rest);
  const std::string_view inode = next_word(rest);
  uid_t uid = 0;
  const auto [end, error] = std::from_chars(user.data(), user.data() + user.size(), uid);
  if (error != std::errc{} || end != user.data() + user.size() || user.empty()) return std::nullopt;
  if (inode.empty() || inode == "0") return std::nullopt;
  return uid;
}

std::optional<uid_t> socket_owner(const FileSystem& file_system, const sockaddr_storage& client, const sockaddr_storage& server) {
  if (!is_loopback(client) || !is_loopback(server)) return std::nullopt;
  // The tables are no snapshot: a second look finds what moved under the first.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (client.ss_family == AF_INET)
      if (auto owner = find_socket_owner(read_table(file_system, "/proc/net/tcp"), proc_address(client), proc_address(server))) return owner;
    const bool mapped = client.ss_family == AF_INET;
    if (auto owner = find_socket_owner(read_table(file_system, "/proc/net/tcp6"), proc_address(client, mapped), proc_address(server, mapped)))
      return owner;
  }
  return std::nullopt;
}

}  // namespace grounds
