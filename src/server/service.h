// The routes of the HTTP service: from requests to functions of the engine, and back to responses.
#pragma once

#include <httplib.h>

#include <functional>
#include <mutex>
#include <optional>
#include <regex>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

#include "access/local_admin.h"
#include "engine/engine.h"
#include "server/answer_stream.h"
#include "server/background_jobs.h"
#include "server/http_listener.h"
#include "server/idempotency.h"
#include "server/metrics.h"
#include "server/permit.h"
#include "server/routes.h"

namespace grounds {

bool is_loopback_host(std::string_view host);

// Registers all routes with `http`. Both and the engine must outlive it.
class Service {
 public:
  Service(Engine& engine, HttpListener& http);
  // Jobs end after their current commit; requests under way are finished.
  void stop() { jobs_.stop(); }

 private:
  using Request = httplib::Request;
  using Response = httplib::Response;
  // To tell 405 from 404, and to count by.
  struct Route {
    Route(std::string the_method, std::string the_pattern)
        : method(std::move(the_method)), pattern(std::move(the_pattern)), regex(pattern) {}
    std::string method, pattern;
    std::regex regex;
  };

  // How routes are added (service.cpp).
  using Handler = std::function<void(const Request&, Response&)>;
  using BodyHandler = std::function<void(const Request&, Response&, const std::string& body)>;
  void add(const std::string& method, const std::string& pattern, Handler handler);
  void get(const std::string& pattern, std::function<Result<Json>(const Request&)> route);
  // A route that takes JSON of at most kMaxBodyBytes, however it is sent.
  void post_body(const std::string& pattern, BodyHandler route);
  void post(const std::string& pattern, Result<Json> (*route)(Engine&, const std::string&));
  void add_guards();
  void add_metrics();
  void add_catch_alls();
  void no_route(const Request& request, Response& response) const;
  Connection& connection(const Request& request) const;
  // Connection::read_body() in one of the places for bodies that hold a thread until they have arrived; none
  // where they are all taken.
  std::optional<Connection::BodyEnd> read_body(const Request& request, std::uint64_t limit, const std::function<bool(std::string_view)>& take);

  // Answers (service_answers.cpp).
  void add_answer_routes();
  void ask(const Request& request, Response& response, const std::string& body);
  void chat(const Request& request, Response& response, const std::string& body);
  Result<Answer> ask_attentively(const Request& request, const AskRequest& question, bool stays);
  void stream(const Request& request, Response& response, AskRequest question, StreamFormat format, Json (*problem)(const Error&));
  void idempotent(const Request& request, Response& response, const std::string& body, const std::function<void()>& run);
  void count_answer(const Result<Answer>& result);

  // What changes collections, and jobs (service_documents.cpp).
  void add_document_routes();
  // Who asks, if it is the local administrator; and, `to_write`, if this server lets anything be written.
  Result<std::string> local_admin(const Request& request, bool to_write) const;
  void create_collection(const Request& request, Response& response, const std::string& body);
  void put_document(const Request& request, Response& response);
  void delete_document(const Request& request, Response& response);
  void sync(const Request& request, Response& response, const std::string& body);
  void job_events(const Request& request, Response& response);

  Engine& engine_;
  HttpListener& http_;
  std::vector<Route> routes_;
  Metrics metrics_;
  IdempotencyKeys idempotency_;
  std::counting_semaphore<> bodies_;   // that arrive, at one time: half of the threads
  std::counting_semaphore<> ingests_;  // of uploads, at one time
  std::atomic<int> event_streams_ = 0;
  BackgroundJobs jobs_;                // last: its threads use the engine
};

// For the files of this class.
inline constexpr std::size_t kMaxBodyBytes = 1 << 20;
inline constexpr const char* kJsonType = "application/json";
inline constexpr const char* kProblemType = "application/problem+json";
std::string dump(const Json& json);
// `status`: 0 for the one that goes with the error's code.
void answer_error(httplib::Response& response, const Error& error, int status = 0);
void answer(httplib::Response& response, const Result<Json>& result);
void answer_no_place_for_body(httplib::Response& response);

}  // namespace grounds
