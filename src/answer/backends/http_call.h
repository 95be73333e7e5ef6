// One HTTP request to a model's server, within limits of time and size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "answer/backends/settings.h"

namespace grounds {

struct HttpCall {
  Endpoint endpoint;
  std::string path;                            // after the endpoint's: "/chat/completions"
  std::string body, bearer;                    // bearer: "" for none
  std::int64_t timeout_ms = 60'000;            // from the first packet to the last byte
  std::int64_t connect_timeout_ms = 5'000;
  std::int64_t first_token_timeout_ms = 0;     // until has_first_token; 0: no such limit
  std::function<bool()> has_first_token;       // asked now and then by another thread; set if there is that limit
  std::size_t max_response_bytes = 4 << 20;
  std::function<bool()> cancelled;             // asked now and then; may be empty
  // Gets the body as it comes, of status 200 only; false ends the call as cancelled. May be empty.
  std::function<bool(std::string_view)> on_bytes;
};

enum class HttpFailure { kNone, kConnection, kConnectTimeout, kFirstTokenTimeout, kTimeout, kTooLarge, kCancelled };

// A response's head may have so many bytes; one that is longer is kTooLarge.
inline constexpr std::uint64_t kMaxHeadBytes = 256 << 10;

struct HttpReply {
  HttpFailure failure = HttpFailure::kNone;
  bool sent = false;                           // a connection stood
  int status = 0;                              // 0: no response came
  std::map<std::string, std::string> headers;  // names in lower case; of equal names the last
  std::string body;                            // what came of it
  std::int64_t latency_ms = 0, first_byte_ms = 0;
};

// Sends it once; no redirect is followed. Ends at the latest shortly after the timeout, whatever the
// server does, and takes no more memory than the limits on head and body say, give or take some MiB. Thread-safe.
HttpReply post_json(const HttpCall& call);

}  // namespace grounds
