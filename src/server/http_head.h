// The head of an HTTP/1.1 request as far as framing goes: where it ends and how long a body follows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace grounds {

struct HttpHead {
  enum class State { kIncomplete, kComplete, kMalformed, kTooLarge };
  State state = State::kIncomplete;
  std::size_t size = 0;                 // bytes, the empty line included; of a complete head
  bool chunked = false;
  std::uint64_t content_length = 0;     // 0 without a body, and of a chunked one
  bool expects_continue = false;        // the client waits to be told to send the body

  bool has_body() const { return chunked || content_length > 0; }
};

inline constexpr std::size_t kMaxHeadBytes = 32 << 10;
inline constexpr std::size_t kMaxHeadLineBytes = 8 << 10;
inline constexpr std::size_t kMaxHeadLines = 128;

// Reads the head at the front of `bytes`; `seen` of them were looked at by an earlier call that found it
// incomplete. Stricter than the library that reads the rest (RFC 9112 sections 2.2, 5, 6.3), so that the two
// never disagree about where the next request begins: lines end in CRLF, a header's name is a token right
// before its colon, a body has one length or is chunked, and never both. Pure.
HttpHead read_http_head(std::string_view bytes, std::size_t seen = 0);

}  // namespace grounds
