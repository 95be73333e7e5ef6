// An OpenAI-compatible server in this process, whose answers a test gives.
#pragma once

#include <httplib.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "base/canonical_json.h"

namespace grounds::test {

// A chat completion as a server sends it.
inline std::string completion(const std::string& content, const Json& usage = nullptr, const std::string& model = "fake-1") {
  Json json = {{"id", "c"}, {"model", model},
               {"choices", Json::array({Json{{"finish_reason", "stop"}, {"message", {{"content", content}}}}})}};
  if (!usage.is_null()) json["usage"] = usage;
  return json.dump();
}

class FakeModel {
 public:
  // Called by several threads at once; `call` counts from 1.
  using Handler = std::function<void(int call, const Json& request, httplib::Response& response)>;
  explicit FakeModel(Handler handler) : handler_(std::move(handler)) {
    http_.new_task_queue = [] { return new httplib::ThreadPool(16); };
    http_.Post("/v1/chat/completions", [this](const httplib::Request& request, httplib::Response& response) {
      handler_(++calls_, Json::parse(request.body), response);
    });
    port_ = http_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { http_.listen_after_bind(); });
    while (!http_.is_running()) std::this_thread::yield();
  }
  ~FakeModel() {
    http_.stop();
    thread_.join();
  }
  FakeModel(const FakeModel&) = delete;
  FakeModel& operator=(const FakeModel&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }
  int calls() const { return calls_; }

 private:
  Handler handler_;
  httplib::Server http_;
  std::atomic<int> calls_ = 0;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace grounds::test
