// One connection to a server that is not trusted: a POST with a deadline, a limit on the answer, and a way out.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "embedding/http_model.h"

namespace grounds {

struct HttpAnswer {
  int status = 0;
  std::string content_type, body;
  std::optional<std::chrono::seconds> retry_after;  // where the header gives seconds
};

struct HttpFailure {
  enum class Kind { kUnreachable, kTimedOut, kBroken, kTooLarge, kCancelled, kUntrusted };
  Kind kind = Kind::kBroken;
  std::string what;    // one line, without the URL
  bool stale = false;  // broke before the first byte, on a connection that had served a request before
};

struct HttpLimits {
  std::chrono::milliseconds timeout;  // from the start to the last byte, however slowly they come
  std::size_t most_bytes;             // of the answer's body, decompressed
};

// For one thread at a time. Kept open between requests where the server allows it. Redirects are answers like
// any other: a key is sent to the place configured and to no other.
class HttpConnection {
 public:
  explicit HttpConnection(const EmbeddingsUrl& url);
  ~HttpConnection();

  // `keep_going` (may be empty) is asked ten times a second, from another thread; false ends the request.
  tl::expected<HttpAnswer, HttpFailure> post(const std::string& path, const std::map<std::string, std::string>& headers,
                                             std::string body, const HttpLimits& limits,
                                             const std::function<bool()>& keep_going);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace grounds
