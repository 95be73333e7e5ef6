#include "ingest/sources/web_client.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "base/utf8.h"
#include "base/watched_sockets.h"
#include "ingest/sources/web_address.h"

namespace grounds {
namespace {

using sources::WebUrl;
using Clock = std::chrono::steady_clock;

constexpr int kMaxRedirects = 5;
constexpr std::chrono::seconds kLongestConnect{10};
constexpr std::size_t kMaxAddresses = 4;  // of a host, tried one after another

// A head is read whole before any of it can be judged, and so is the line with a chunk's size.
constexpr std::uint64_t kMaxHeadBytes = 256 << 10;
constexpr std::uint64_t kMostAround = 8;  // bytes that come for each of the body: small chunks, encryption

// Cuts the connection at a deadline, and where more comes than may. The library's own timeouts begin anew with every
// byte, and it has no limit for a head.
class Watch {
 public:
  Watch(WatchedSockets& sockets, Clock::time_point deadline, std::uint64_t limit, const std::atomic<bool>& has_head)
      : thread_([this, &sockets, deadline, limit, &has_head] {
          std::unique_lock lock(mutex_);
          while (!ended_.wait_for(lock, std::chrono::milliseconds(20), [&] { return done_; })) {
            if (sockets.received() > kMaxHeadBytes + (has_head ? kMostAround * limit : 0)) brings_too_much_ = true;
            // Again and again: the first time there may be no connection yet.
            if (brings_too_much_ || Clock::now() >= deadline) sockets.cut();
          }
        }) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    ended_.notify_all();
    thread_.join();
  }

  bool brings_too_much() const { return brings_too_much_; }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;
  std::atomic<bool> brings_too_much_ = false;
  std::thread thread_;
};

// The host's addresses in numbers, all of them allowed.
Result<std::vector<std::string>> allowed_addresses(const WebUrl& url, const WebSettings& settings) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(url.host.c_str(), nullptr, &hints, &found);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, [](addrinfo* list) {
    if (list != nullptr) freeaddrinfo(list);
  });
  if (error != 0) return fail(ErrorCode::kUnavailable, "the name " + url.host + " cannot be resolved: " + gai_strerror(error));
  const bool may_be_private = sources::host_is_listed(url, settings.private_hosts);
  std::vector<std::string> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char text[INET6_ADDRSTRLEN] = {};
    std::string_view bytes;
    if (each->ai_family == AF_INET) {
      const auto& address = reinterpret_cast<const sockaddr_in*>(each->ai_addr)->sin_addr;
      bytes = {reinterpret_cast<const char*>(&address), 4};
      inet_ntop(AF_INET, &address, text, sizeof text);
    } else if (each->ai_family == AF_INET6) {
      const auto& address = reinterpret_cast<const sockaddr_in6*>(each->ai_addr)->sin6_addr;
      bytes = {reinterpret_cast<const char*>(&address), 16};
      inet_ntop(AF_INET6, &address, text, sizeof text);
    } else {
      continue;
    }
    // One that is not allowed makes all suspect: the name may have been turned on us.
    if (!may_be_private && !sources::is_public_address(bytes)) {
      return fail(ErrorCode::kRefused, url.host + " has the address " + text + ", which is not of the public internet",
                  "if it is meant to be read, add it to private_hosts in [web] of grounds.toml");
    }
    if (std::ranges::find(addresses, text) == addresses.end()) addresses.emplace_back(text);
  }
  if (addresses.empty()) return fail(ErrorCode::kUnavailable, "the name " + url.host + " has no address");
  addresses.resize(std::min(addresses.size(), kMaxAddresses));
  return addresses;
}

Error error_of(httplib::Error error, const WebUrl& url) {
  const std::string what = url.host;
  switch (error) {
    case httplib::Error::Connection: return {ErrorCode::kUnavailable, what + " cannot be reached", {}};
    case httplib::Error::ConnectionTimeout: return {ErrorCode::kUnavailable, what + " cannot be reached in time", {}};
    case httplib::Error::SSLConnection: return {ErrorCode::kUnavailable, "no encrypted connection to " + what + " could be made", {}};
    case httplib::Error::SSLLoadingCerts: return {ErrorCode::kUnavailable, "this machine's certificates cannot be loaded", {}};
    case httplib::Error::SSLServerVerification:
      return {ErrorCode::kUnavailable, "the certificate of " + what + " is not trusted by this machine", {}};
    default: return {ErrorCode::kUnavailable, "the connection to " + what + " broke before all had come", {}};
  }
}

struct Answer {
  int status = 0;
  std::string location, content_type, encoding;
  std::string body;
};

// One request to one address. `reached` says whether there was a connection at all.
Result<Answer> request(const WebUrl& url, const std::string& address, Clock::time_point deadline, std::uint64_t limit, bool& reached) {
  std::unique_ptr<httplib::ClientImpl> client;
  if (url.encrypted) client = std::make_unique<httplib::SSLClient>(url.host, url.port);
  else client = std::make_unique<httplib::ClientImpl>(url.host, url.port);
  const auto left = std::max<Clock::duration>(deadline - Clock::now(), std::chrono::milliseconds(1));
  client->set_hostname_addr_map({{url.host, address}});
  client->set_follow_location(false);
  client->set_connection_timeout(std::min<Clock::duration>(left, kLongestConnect));
  client->set_read_timeout(left);
  client->set_write_timeout(left);
  httplib::Request sent;
  sent.method = "GET";
  sent.path = url.target;
  sent.set_header("User-Agent", "grounds");
  sent.set_header("Accept", "*/*");
  sent.set_header("Accept-Encoding", "identity");
  Answer answer;
  bool too_large = false;
  std::atomic<bool> has_head = false;
  sent.response_handler = [&](const httplib::Response& response) {
    reached = has_head = true;
    answer.status = response.status;
    return true;
  };
  sent.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    if (answer.status != 200) return true;  // the page about an error is no content
    too_large = answer.body.size() + size > limit;
    if (!too_large) answer.body.append(data, size);
    return !too_large;
  };
  WatchedSockets sockets;
  client->set_socket_options([&](socket_t socket) {
    sockets.add(socket);
  });
  httplib::Response response;
  httplib::Error error = httplib::Error::Success;
  bool done = false, brings_too_much = false;
  try {
    const Watch watch(sockets, deadline, limit, has_head);
    done = client->send(sent, response, error);
    brings_too_much = watch.brings_too_much();
  } catch (const std::exception&) {
    error = httplib::Error::Unknown;
  }
  if (too_large) {
    return fail(ErrorCode::kBadInput, "it is larger than the " + std::to_string(limit >> 20) + " MB that are fetched",
                "raise max_megabytes in [web] of grounds.toml");
  }
  if (brings_too_much) return fail(ErrorCode::kBadInput, url.host + " sends more around its answer than in it");
  if (Clock::now() >= deadline) return fail(ErrorCode::kUnavailable, url.host + " did not send all in the time that one document has");
  if (!done) {
    reached = reached || (error != httplib::Error::Connection && error != httplib::Error::ConnectionTimeout);
    return fail(error_of(error, url));
  }
  answer.status = response.status;
  answer.location = response.get_header_value("Location");
  answer.content_type = response.get_header_value("Content-Type");
  answer.encoding = response.get_header_value("Content-Encoding");
  return answer;
}

std::string media_type(std::string_view header) {
  std::string type(trim(header.substr(0, header.find(';'))));
  for (char& c : type) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return type;
}

bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

}  // namespace

Status check_web_settings(const WebSettings& settings) {
  for (const auto* list : {&settings.hosts, &settings.private_hosts}) {
    for (const std::string& entry : *list) {
      if (!trim(entry).empty() && entry.find('/') == std::string::npos && entry.find("*", 1) == std::string::npos && entry != "*") continue;
      return fail(ErrorCode::kUsage, "'" + entry + "' is no host: write docs.example.com, docs.example.com:8443 or *.example.com");
    }
  }
  if (settings.timeout_seconds < 1 || settings.max_megabytes < 1 || settings.max_urls < 1) {
    return fail(ErrorCode::kUsage, "timeout_seconds, max_megabytes and max_urls must be at least 1");
  }
  return {};
}

Result<WebPage> fetch_page(const std::string& url, const WebSettings& settings, std::uint64_t limit) {
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(settings.timeout_seconds);
  limit = std::min(limit, static_cast<std::uint64_t>(settings.max_megabytes) << 20);
  GROUNDS_ASSIGN_OR_RETURN(WebUrl at, sources::parse_web_url(url));
  for (int redirects = 0;; ++redirects) {
    const std::string way = redirects == 0 ? "" : " (it was sent on to there)";
    if (!sources::host_is_listed(at, settings.hosts) && !sources::host_is_listed(at, settings.private_hosts)) {
      return fail(ErrorCode::kRefused, "the host " + at.host + " is not allowed" + way, "add it to hosts in [web] of grounds.toml");
    }
    auto addresses = allowed_addresses(at, settings);
    if (!addresses) {
      Error error = std::move(addresses).error();
      error.message += way;
      return fail(std::move(error));
    }
    Result<Answer> answer = fail(ErrorCode::kInternal, "no address");
    for (const std::string& address : *addresses) {
      bool reached = false;
      answer = request(at, address, deadline, limit, reached);
      if (answer || reached || Clock::now() >= deadline) break;
    }
    if (!answer) return fail(std::move(answer).error());
    if (answer->status == 200) {
      if (!answer->encoding.empty() && answer->encoding != "identity") {
        return fail(ErrorCode::kUnavailable, at.host + " sent it compressed (" + replace_invalid_utf8(answer->encoding.substr(0, 40)) + "), which was not asked for");
      }
      return WebPage{std::move(answer->body), media_type(answer->content_type)};
    }
    if (!is_redirect(answer->status) || answer->location.empty()) {
      const bool is_gone = answer->status >= 400 && answer->status < 500 && answer->status != 408 && answer->status != 429;
      return fail(is_gone ? ErrorCode::kBadInput : ErrorCode::kUnavailable, at.host + " answered with status " + std::to_string(answer->status));
    }
    if (redirects == kMaxRedirects) return fail(ErrorCode::kBadInput, "it was sent on more than " + std::to_string(kMaxRedirects) + " times");
    GROUNDS_ASSIGN_OR_RETURN(WebUrl next, sources::resolve_location(at, answer->location));
    if (at.encrypted && !next.encrypted) return fail(ErrorCode::kRefused, at.host + " sends on from https to http, to " + next.host);
    at = std::move(next);
  }
}

}  // namespace grounds
