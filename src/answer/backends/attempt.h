// One attempt at getting an answer out of a model, as it goes on record: whether or not it worked.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/canonical_json.h"
#include "base/clock.h"

namespace grounds {

struct Attempt {
  int number = 1;                       // 1, 2, ...: over all backends of the answer
  std::string backend, endpoint, model;
  UnixMillis started = 0;
  std::int64_t waited_ms = 0;           // before it: the pause of a retry
  std::int64_t queued_ms = 0;           // before it: for a turn
  std::int64_t allowed_ms = 0;          // what was left of the backend's time; 0: no call was made
  int sample = 1;                       // of an answer that is sampled several times: which one
  bool sent = false;                    // a connection stood: the server may have got the request, and work on it
  std::int64_t latency_ms = 0, first_byte_ms = 0;
  int status = 0;                       // HTTP's; 0: no response came
  // "answered", or why not: "connection", "timeout", "rate_limited", "http_error", "too_large",
  // "malformed", "empty", "content_filter", "cancelled"; without a call: "no_key", "over_budget",
  // "budget_unavailable" (backends.db cannot be read or written),
  // "circuit_open", "concurrency".
  std::string outcome;
  std::map<std::string, std::string> headers;  // those that help the vendor find the call; names in lower case
  std::string vendor_request_id;
  std::string reported_model, fingerprint, finish_reason;
  Json usage;                           // as reported, or null
  Json reserved, charged;               // {"tokens","money","currency"} of a budget or price, else null
  bool streamed = false;
  bool redacted = false;                // the server sent the key back; it is not in what is kept
  std::uint64_t response_bytes = 0;
  // Beside the chain: the bytes as sent and as received, up to the limit; the reasoning, apart.
  std::string request, response, reasoning;
};

}  // namespace grounds
