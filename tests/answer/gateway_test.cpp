#include "answer/backends/gateway.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/answer/fake_model.h"
#include "tests/base/temp_directory.h"

using namespace grounds;
using grounds::test::completion;
using grounds::test::FakeModel;
using grounds::test::TempDirectory;

namespace {

// A port on which whatever `serve` does with each connection happens.
class RawServer {
 public:
  explicit RawServer(std::function<void(int socket, const std::atomic<bool>& ended)> serve) : serve_(std::move(serve)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 8) == 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (;;) {
        const int socket = ::accept(listener_, nullptr, nullptr);
        if (socket < 0) return;
        {
          std::lock_guard lock(mutex_);
          connection_ = socket;
          if (ended_) ::shutdown(socket, SHUT_RDWR);
        }
        serve_(socket, ended_);
        std::lock_guard lock(mutex_);
        connection_ = -1;
        ::close(socket);
      }
    });
  }
  ~RawServer() {
    {
      std::lock_guard lock(mutex_);
      ended_ = true;
      // It may be sending what nobody reads any more.
      if (connection_ >= 0) ::shutdown(connection_, SHUT_RDWR);
    }
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  int port = 0;

 private:
  std::function<void(int, const std::atomic<bool>&)> serve_;
  int listener_ = -1;
  std::mutex mutex_;
  int connection_ = -1;                // guarded by mutex_
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

bool send_all(int socket, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t more = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (more <= 0) return false;
    sent += static_cast<std::size_t>(more);
  }
  return true;
}

// What a gateway needs, and one that shares its files as another process would.
struct Bench {
  TempDirectory folder;
  FileSystem files;
  FixedClock clock{1'767'225'600'000};
  SeededRandom random{1};
  BackendEnvironment environment{files, clock, random, [](const std::string&) { return std::nullopt; }};
  BackendStore store{files, folder / "backends.db"};
  BackendStore other_store{files, folder / "backends.db"};
  Gateway gateway{environment, store};
  Gateway other{environment, other_store};

  Result<ModelAnswer> ask(const BackendSettings& settings, std::vector<Attempt>* attempts = nullptr, Gateway* by = nullptr,
                          std::int64_t spent_ms = 0) {
    std::vector<Attempt> local;
    ModelQuestion question;
    question.spent_ms = spent_ms;
    question.prompt = "What hovers over the field?";
    question.parameters = request_parameters(settings, {});
    return (by == nullptr ? gateway : *by).ask("local", settings, question, attempts == nullptr ? local : *attempts);
  }
};

BackendSettings settings_for(const std::string& url) {
  BackendSettings settings;
  settings.kind = "openai", settings.base_url = url, settings.model = "m";
  settings.retries = 0, settings.timeout_seconds = 20;
  settings.extra_body = {{"max_tokens", 100}};
  return settings;
}

constexpr std::int64_t kReserved = 27 + 256 + 100;  // the prompt's bytes, what a server adds, max_tokens

std::string outcome_of(Bench& bench, const BackendSettings& settings) {
  std::vector<Attempt> attempts;
  (void)bench.ask(settings, &attempts);
  REQUIRE(attempts.size() == 1);
  return attempts.front().outcome;
}

}  // namespace

TEST_CASE("What a call can cost at most and did cost are whole numbers, rounded up") {
  const Price price{270'000, 1'100'000, "USD"};
  CHECK(cost_of({1'000'000, 1'000'000}, price) == Spent{2'000'000, 1'370'000'000});
  CHECK(cost_of({1, 0}, price) == Spent{1, 270});
  CHECK(cost_of({1, 1}, Price{1, 1, "X"}) == Spent{2, 2});
  CHECK(cost_of({5, 6}, std::nullopt) == Spent{11, 0});
  CHECK(most_tokens(10, {{"max_tokens", 7}}, 4096).completion == 7);
  CHECK(most_tokens(10, {{"max_tokens", 7}, {"max_completion_tokens", 9}}, 4096).completion == 9);
  CHECK(most_tokens(10, Json::object(), 4096).completion == 4096);
  CHECK(period_name(Budget::Period::kDay, 1'767'225'599'999) == "2025-12-31");
  CHECK(period_name(Budget::Period::kMonth, 1'767'225'600'000) == "2026-01");
  CHECK(period_name(Budget::Period::kTotal, 0) == "total");
}

TEST_CASE("A server's usage is believed as far as it can be true; else the most that was possible is charged") {
  const TokenCount reserved{1256, 100};
  const auto charge = [&](const Json& usage) { return charge_of(usage, 1000, 200, 900, reserved); };
  const auto good = charge({{"prompt_tokens", 250}, {"completion_tokens", 60}});
  CHECK((good.reported && good.tokens.prompt == 250 && good.tokens.completion == 60));
  // More than max_tokens, though not more than bytes came: the server did not keep to it, and is paid.
  CHECK(charge({{"prompt_tokens", 250}, {"completion_tokens", 800}}).tokens.completion == 800);
  for (const Json& lie : {Json(nullptr), Json::object(), Json{{"total_tokens", 5}}, Json{{"prompt_tokens", 0}, {"completion_tokens", 60}},
                          Json{{"prompt_tokens", 250}, {"completion_tokens", 0}}, Json{{"prompt_tokens", 250}, {"completion_tokens", 901}},
                          Json{{"prompt_tokens", 1257}, {"completion_tokens", 60}}, Json{{"prompt_tokens", -250}, {"completion_tokens", 60}}}) {
    INFO(lie.dump());
    const auto most = charge(lie);
    CHECK_FALSE(most.reported);
    CHECK(most.tokens.prompt == 1256);
    CHECK(most.tokens.completion == 900);
  }
}

TEST_CASE("A budget is never overspent, however many threads and processes ask at once") {
  constexpr std::int64_t kBudget = 5 * kReserved + 10;
  Bench bench;
  std::atomic<std::int64_t> most_seen = 0;
  FakeModel model([&](int, const Json&, httplib::Response& response) {
    const std::int64_t now = bench.store.spent("local", "total")->tokens;
    for (std::int64_t seen = most_seen; now > seen && !most_seen.compare_exchange_weak(seen, now);) {}
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    response.set_content(completion("The kestrel.", {{"prompt_tokens", 40}, {"completion_tokens", 3}}), "application/json");
  });
  BackendSettings settings = settings_for(model.url());
  settings.budget = Budget{Budget::Period::kTotal, kBudget, std::nullopt};
  std::atomic<int> answered = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 8; ++i) {
        auto answer = bench.ask(settings, nullptr, t % 2 == 0 ? &bench.gateway : &bench.other);
        if (answer) ++answered;
        else if (answer.error().code == ErrorCode::kRefused) ++refused;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(answered + refused == 64);
  CHECK(answered == model.calls());
  CHECK(answered >= 5);
  CHECK(refused > 0);
  CHECK(most_seen <= kBudget);
  // What was reserved and not used is given back, to the token; and it is on disk.
  CHECK(bench.store.spent("local", "total")->tokens == 43 * answered);
  CHECK(BackendStore(bench.files, bench.folder / "backends.db").spent("local", "total")->tokens == 43 * answered);
}

TEST_CASE("Money is counted by the price of prompt and answer, and each period has its own account") {
  Bench bench;
  FakeModel model([&](int, const Json&, httplib::Response& response) {
    response.set_content(completion("The kestrel.", {{"prompt_tokens", 40}, {"completion_tokens", 3}}), "application/json");
  });
  BackendSettings settings = settings_for(model.url());
  settings.price = Price{1'000'000, 10'000'000, "EUR"};  // 1 and 10 a million: a millionth and ten a token
  const std::int64_t reserved = 283 * 1'000 + 100 * 10'000;
  settings.budget = Budget{Budget::Period::kDay, std::nullopt, reserved + 70'000};
  std::vector<Attempt> attempts;
  REQUIRE(bench.ask(settings, &attempts));
  CHECK(attempts.front().charged == Json{{"tokens", 43}, {"money", 0.00007}, {"currency", "EUR"}, {"reported", true}});
  CHECK(bench.store.spent("local", "2026-01-01")->money == 70'000);
  REQUIRE(bench.ask(settings));
  CHECK(bench.ask(settings).error().code == ErrorCode::kRefused);
  CHECK(model.calls() == 2);
  bench.clock.advance(24 * 3600 * 1000);
  REQUIRE(bench.ask(settings));
  CHECK(bench.store.spent("local", "2026-01-02")->money == 70'000);
}

TEST_CASE("Every retry is reserved for; an error in place of an answer is free, what may have been generated is not") {
  Bench bench;
  FakeModel model([&](int call, const Json&, httplib::Response& response) {
    if (call == 1) response.status = 503;
    else if (call == 2) response.set_content("{\"choices\":", "application/json");
    else response.set_content(completion("The kestrel.", {{"prompt_tokens", 40}, {"completion_tokens", 3}}), "application/json");
  });
  BackendSettings settings = settings_for(model.url());
  settings.retries = 2;
  settings.budget = Budget{Budget::Period::kTotal, 2 * kReserved, std::nullopt};
  std::vector<Attempt> attempts;
  REQUIRE(bench.ask(settings, &attempts));
  REQUIRE(attempts.size() == 3);
  CHECK(attempts[0].charged["tokens"] == 0);
  CHECK(attempts[1].charged["tokens"] == kReserved);
  CHECK(attempts[2].charged["tokens"] == 43);
  CHECK(bench.store.spent("local", "total")->tokens == kReserved + 43);
  // A budget that ends between two attempts ends them.
  attempts.clear();
  CHECK(bench.ask(settings, &attempts).error().code == ErrorCode::kRefused);
  CHECK(attempts.back().outcome == "over_budget");
  settings.base_url = "http://127.0.0.1:9/v1";
  settings.budget->tokens = 10 * kReserved;
  settings.retries = 0;
  CHECK(outcome_of(bench, settings) == "connection");
  CHECK(bench.store.spent("local", "total")->tokens == kReserved + 43);
}

TEST_CASE("Accounts that cannot be read are no budget that is used up, and nothing is asked") {
  Bench bench;
  FakeModel model([&](int, const Json&, httplib::Response& response) { response.set_content(completion("The kestrel."), "application/json"); });
  REQUIRE(bench.files.write_durably(bench.folder / "backends.db", std::string(8192, 'x')));
  BackendSettings settings = settings_for(model.url());
  settings.budget = Budget{Budget::Period::kTotal, 10 * kReserved, std::nullopt};
  std::vector<Attempt> attempts;
  CHECK(bench.ask(settings, &attempts).error().code == ErrorCode::kUnavailable);
  CHECK(attempts.front().outcome == "budget_unavailable");
  CHECK(model.calls() == 0);
}

TEST_CASE("A process that dies in the middle of a call has spent what it reserved") {
  Bench bench;
  REQUIRE(*bench.store.reserve("local", "total", {300, 5}, nullptr));
  BackendStore after(bench.files, bench.folder / "backends.db");
  CHECK(*after.spent("local", "total") == Spent{300, 5});
  const Budget limits{Budget::Period::kTotal, 500, std::nullopt};
  CHECK_FALSE(*after.reserve("local", "total", {201, 0}, &limits));
  CHECK(*after.spent("local", "total") == Spent{300, 5});
  CHECK(*after.reserve("local", "total", {200, 0}, &limits));
  CHECK(*after.reserve("other", "total", {500, 0}, &limits));
}

TEST_CASE("A breaker opens after failures in a row, lets one call through on trial, and closes when that is answered") {
  using Pass = CircuitBreaker::Pass;
  using End = CircuitBreaker::End;
  CircuitBreaker breaker(3, 1000);
  const auto call = [&](End end, UnixMillis now) {
    const Pass pass = breaker.allow(now);
    REQUIRE(pass != Pass::kNo);
    breaker.ended(pass, end, now);
  };
  call(End::kFailed, 0), call(End::kFailed, 0), call(End::kAnswered, 0);
  call(End::kFailed, 0), call(End::kFailed, 0), call(End::kNeither, 0);
  CHECK_FALSE(breaker.is_open(0));
  const Pass under_way = breaker.allow(5);
  call(End::kFailed, 10);
  CHECK(breaker.is_open(10));
  CHECK(breaker.allow(1009) == Pass::kNo);
  breaker.ended(under_way, End::kFailed, 900);  // does not prolong it
  CHECK(breaker.allow(1010) == Pass::kTrial);
  CHECK(breaker.allow(1010) == Pass::kNo);
  breaker.ended(Pass::kTrial, End::kFailed, 1010);
  CHECK(breaker.allow(2009) == Pass::kNo);
  CHECK(breaker.allow(2010) == Pass::kTrial);
  breaker.ended(Pass::kTrial, End::kNeither, 2010);
  CHECK(breaker.allow(2011) == Pass::kTrial);
  breaker.ended(Pass::kTrial, End::kAnswered, 2011);
  CHECK(breaker.allow(2011) == Pass::kYes);
  CircuitBreaker never(0, 1000);
  for (int i = 0; i < 20; ++i) never.ended(never.allow(0), End::kFailed, 0);
  CHECK(never.allow(0) == Pass::kYes);
}

TEST_CASE("A backend that keeps failing is left alone, and asked again after a while") {
  Bench bench;
  bool works = false;
  FakeModel model([&](int, const Json&, httplib::Response& response) {
    if (works) response.set_content(completion("The kestrel."), "application/json");
    else response.status = 500;
  });
  BackendSettings settings = settings_for(model.url());
  settings.breaker_failures = 2, settings.breaker_seconds = 60;
  CHECK(outcome_of(bench, settings) == "http_error");
  CHECK(outcome_of(bench, settings) == "http_error");
  CHECK(outcome_of(bench, settings) == "circuit_open");
  CHECK(model.calls() == 2);
  CHECK(bench.gateway.state("local", settings)->circuit_open);
  CHECK(bench.gateway.state("local", settings)->outcomes == std::map<std::string, std::uint64_t>{{"http_error", 2}, {"circuit_open", 1}});
  works = true;
  bench.clock.advance(60'000);
  CHECK(outcome_of(bench, settings) == "answered");
  CHECK_FALSE(bench.gateway.state("local", settings)->circuit_open);
}

TEST_CASE("Calls that were cut short by what was waited before them do not open the breaker of a server that works") {
  Bench bench;
  std::atomic<bool> ended = false;
  FakeModel model([&](int call, const Json&, httplib::Response& response) {
    while (call > 1 && !ended) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    response.set_content(completion("The kestrel."), "application/json");
  });
  BackendSettings settings = settings_for(model.url());
  settings.breaker_failures = 2;
  CHECK(outcome_of(bench, settings) == "answered");
  std::vector<Attempt> attempts;
  for (int i = 0; i < 3; ++i) CHECK_FALSE(bench.ask(settings, &attempts, nullptr, 19'900));
  for (const Attempt& attempt : attempts) {
    CHECK(attempt.outcome == "timeout");
    CHECK((attempt.sent && attempt.allowed_ms > 0 && attempt.allowed_ms <= 100 && attempt.queued_ms < 19'900));
  }
  CHECK_FALSE(bench.gateway.state("local", settings)->circuit_open);
  // With all its time a server that does not answer has failed.
  settings.timeout_seconds = 1;
  for (int i = 0; i < 2; ++i) CHECK(outcome_of(bench, settings) == "timeout");
  CHECK(bench.gateway.state("local", settings)->circuit_open);
  ended = true;
}

TEST_CASE("No more than so many are asked at a time; the others wait in order, and those too many are refused") {
  Bench bench;
  std::atomic<int> running = 0, most = 0;
  FakeModel model([&](int, const Json&, httplib::Response& response) {
    const int now = ++running;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {}
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    --running;
    response.set_content(completion("The kestrel."), "application/json");
  });
  BackendSettings settings = settings_for(model.url());
  settings.max_concurrent = 2, settings.max_queue = 4;
  std::mutex mutex;
  std::map<std::string, int> outcomes;
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t)
    threads.emplace_back([&] {
      std::vector<Attempt> attempts;
      (void)bench.ask(settings, &attempts);
      std::lock_guard lock(mutex);
      ++outcomes[attempts.front().outcome];
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(most <= 2);
  CHECK(outcomes["answered"] >= 6);
  CHECK(outcomes["answered"] + outcomes["concurrency"] == 12);
  CHECK(bench.gateway.state("local", settings)->length.running == 0);

  WaitingLine broken(1, 10);
  REQUIRE(broken.enter(0, {}) == WaitingLine::Entry::kIn);
  CHECK_THROWS(broken.enter(60'000, []() -> bool { throw std::runtime_error("a client's own"); }));
  CHECK(broken.length().waiting == 0);
  broken.leave();
  CHECK(broken.enter(1'000, {}) == WaitingLine::Entry::kIn);

  WaitingLine line(1, 10);
  REQUIRE(line.enter(0, {}) == WaitingLine::Entry::kIn);
  CHECK(line.enter(1, {}) == WaitingLine::Entry::kTimeout);
  CHECK(line.enter(10'000, [] { return true; }) == WaitingLine::Entry::kCancelled);
  CHECK(WaitingLine(1, 0).enter(0, {}) == WaitingLine::Entry::kIn);
  std::vector<int> order;
  std::vector<std::thread> waiting;
  for (int i = 0; i < 5; ++i) {
    waiting.emplace_back([&, i] {
      REQUIRE(line.enter(20'000, {}) == WaitingLine::Entry::kIn);
      order.push_back(i);  // alone: one at a time is in
      line.leave();
    });
    while (line.length().waiting != i + 1) std::this_thread::yield();
  }
  line.leave();
  for (std::thread& thread : waiting) thread.join();
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("A TLS handshake that stalls ends with the timeout") {
  Bench bench;
  RawServer server([](int, const std::atomic<bool>& ended) {
    while (!ended) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  });
  BackendSettings settings = settings_for("https://127.0.0.1:" + std::to_string(server.port) + "/v1");
  settings.timeout_seconds = 1;
  CHECK(outcome_of(bench, settings) == "timeout");
}

TEST_CASE("A head or a chunk's size without end is cut off, long before it fills the memory") {
  Bench bench;
  for (const std::string& begin : {std::string("HTTP/1.1 200 OK\r\nX: "), std::string("HTTP/1.1 200 OK\r\n"),
                                   std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n1;")}) {
    INFO(begin);
    std::atomic<std::uint64_t> sent = 0;
    RawServer server([&](int socket, const std::atomic<bool>& ended) {
      const std::string more = begin.ends_with("OK\r\n") ? "A: b\r\n" : std::string(1000, 'x');
      std::string piece;
      while (piece.size() < 16'000) piece += more;
      if (!send_all(socket, begin)) return;
      while (!ended && sent < (512U << 20) && send_all(socket, piece)) sent += piece.size();
    });
    BackendSettings settings = settings_for("http://127.0.0.1:" + std::to_string(server.port) + "/v1");
    settings.max_response_bytes = 64 << 10;
    CHECK(outcome_of(bench, settings) == "too_large");
    CHECK(sent < (256U << 20));
  }
}

TEST_CASE("A stream that begins to answer too late is given up, however long the whole may take") {
  Bench bench;
  RawServer server([](int socket, const std::atomic<bool>& ended) {
    std::string request(1 << 16, '\0');
    (void)::recv(socket, request.data(), request.size(), 0);
    if (!send_all(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n")) return;
    while (!ended) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  });
  BackendSettings settings = settings_for("http://127.0.0.1:" + std::to_string(server.port) + "/v1");
  settings.first_token_timeout_seconds = 1;
  ModelQuestion question;
  question.prompt = "x";
  question.on_delta = [](std::string_view) { return true; };
  std::vector<Attempt> attempts;
  auto answer = bench.gateway.ask("local", settings, question, attempts);
  REQUIRE_FALSE(answer);
  CHECK(attempts.back().outcome == "timeout");
  CHECK(answer.error().message == "backend local: nothing of an answer within 1 s");
}
