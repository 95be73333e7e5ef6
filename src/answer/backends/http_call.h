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
  std::size_t max_response_bytes = 4 << 20;
  std::function<bool()> cancelled;             // asked now and then; may be empty
  // Gets the body as it comes, of status 200 only; false ends the call as cancelled. May be empty.
  std::function<bool(std::string_view)> on_bytes;
};

enum class HttpFailure { kNone, kConnection, kTimeout, kTooLarge, kCancelled };

struct HttpReply {
  HttpFailure failure = HttpFailure::kNone;
  int status = 0;                              // 0: no response came
  std::map<std::string, std::string> headers;  // names in lower case; of equal names the last
  std::string body;                            // what came of it
  std::int64_t latency_ms = 0, first_byte_ms = 0;
};

// Sends it once; no redirect is followed. Ends at the latest shortly after the timeout, whatever the
// server does. Thread-safe.
HttpReply post_json(const HttpCall& call);

}  // namespace grounds
