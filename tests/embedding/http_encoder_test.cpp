// The encoder behind HTTP, against a server that does everything wrong.
#include "embedding/http_encoder.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "base/canonical_json.h"
#include "base/hash.h"
#include "embedding/encoder_pool.h"
#include "fake_server.h"
#include "temporary_folder.h"

using namespace grounds;
using grounds::testing::TemporaryFolder;

namespace {

const FileSystem kFiles;
constexpr int kDimension = 8;
constexpr std::chrono::milliseconds kTimeout{300};

// A vector that depends on the text alone; `salt` is the model.
std::vector<float> vector_of(const std::string& text, const std::string& salt = {}, int dimension = kDimension) {
  std::vector<float> vector;
  const Sha256Digest digest = sha256(salt + text);
  for (int i = 0; i < dimension; ++i) vector.push_back(static_cast<float>(digest[static_cast<std::size_t>(i) % 32]) - 127.5f);
  return vector;
}

std::string base64(const std::string& bytes) {
  static const std::string kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : kAlphabet[bits >> (18 - 6 * k) & 63];
  }
  return text;
}

// What a good server answers.
std::string good_answer(const std::string& request_body, const std::string& salt = {}) {
  const Json request = Json::parse(request_body);
  Json answer = {{"object", "list"}, {"model", "fake-1"}, {"data", Json::array()}};
  for (std::size_t i = request["input"].size(); i-- > 0;) {  // in any order: the index counts
    const std::vector<float> vector = vector_of(request["input"][i].get<std::string>(), salt);
    Json embedding = vector;
    if (request["encoding_format"] == "base64")
      embedding = base64(std::string(reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)));
    answer["data"].push_back({{"index", i}, {"embedding", embedding}});
  }
  return answer.dump();
}

bool is_canary(const FakeServer::Request& request) { return request.body.find("The invoice of March 2023") != std::string::npos; }

// Answers well, and keeps the connection.
bool answer_well(int socket, const FakeServer::Request& request) { return FakeServer::send_all(socket, http_answer(200, good_answer(request.body))); }

// Well to the canary texts, so that the encoder starts; else as `then` says.
FakeServer::Handler after_start(const FakeServer::Handler& then) {
  return [then](int socket, const FakeServer::Request& request, FakeServer& server) {
    return is_canary(request) ? answer_well(socket, request) : then(socket, request, server);
  };
}

FakeServer::Handler always(const std::string& bytes) {
  return [bytes](int socket, const FakeServer::Request&, FakeServer&) {
    FakeServer::send_all(socket, bytes);
    return false;
  };
}

HttpModel model_at(const FakeServer& server) {
  HttpModel model;
  model.name = "fake";
  model.base_url = server.url();
  model.model = "fake-model";
  model.dimension = kDimension;
  model.timeout = kTimeout;
  model.retries = 2;
  return model;
}

// Waits that take no time, and are counted.
struct Waits {
  std::chrono::milliseconds total{0};
  HttpSeams seams(const std::string& key = {}) {
    return {[key](const std::string& name) { return name == "FAKE_KEY" ? std::optional<std::string>(key) : std::nullopt; },
            std::make_shared<SeededRandom>(7), [this](std::chrono::milliseconds time) { total += time; }};
  }
};

std::shared_ptr<const Encoder> start(const HttpModel& model, HttpSeams seams) {
  auto encoder = make_http_encoder(kFiles, model, std::move(seams));
  REQUIRE_MESSAGE(encoder, (encoder ? "" : encoder.error().message));
  return *encoder;
}

Error embed_error(const FakeServer& server, int* requests = nullptr) {
  Waits waits;
  const auto encoder = start(model_at(server), waits.seams());
  const std::size_t before = server.requests().size();
  const std::vector<std::string> texts{"one", "two"};
  const auto vectors = encoder->embed_all(texts, TextRole::kPassage);
  REQUIRE_FALSE(vectors);
  if (requests) *requests = static_cast<int>(server.requests().size() - before);
  return vectors.error();
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a served model gives each text its vector, in batches, in floats and base64, whatever the order of the answer") {
  for (const bool as_base64 : {false, true}) {
    const FakeServer server([](int socket, const FakeServer::Request& request, FakeServer&) { return answer_well(socket, request); });
    HttpModel model = model_at(server);
    model.base64 = as_base64;
    model.max_batch = 3;
    model.concurrency = 2;
    model.passage_prefix = "passage: ";
    Waits waits;
    const auto encoder = start(model, waits.seams());
    std::vector<std::string> texts;
    for (int i = 0; i < 20; ++i) texts.push_back(std::string(static_cast<std::size_t>(1 + i * 7 % 20), 'a') + std::to_string(i));
    const auto vectors = encoder->embed_all(texts, TextRole::kPassage);
    REQUIRE_MESSAGE(vectors, (vectors ? "" : vectors.error().message));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::vector<float> expected = vector_of("passage: " + texts[i]);
      double length = 0;
      for (const float x : expected) length += static_cast<double>(x) * static_cast<double>(x);
      for (std::size_t k = 0; k < expected.size(); ++k)
        CHECK((*vectors)[i][k] == doctest::Approx(static_cast<double>(expected[k]) / std::sqrt(length)).epsilon(1e-5));
      CHECK(*encoder->embed(texts[i], TextRole::kPassage) == (*vectors)[i]);
    }
    std::size_t asked = 0;
    for (const auto& request : server.requests()) {
      const Json body = Json::parse(request.body);
      CHECK(body["model"] == "fake-model");
      CHECK(body["encoding_format"] == (as_base64 ? "base64" : "float"));
      CHECK(body["input"].size() <= 3);
      CHECK(request.head.starts_with("POST /v1/embeddings HTTP/1.1\r\n"));
      CHECK_FALSE(contains(request.head, "Authorization"));
      asked += is_canary(request) ? 0 : body["input"].size();
    }
    CHECK(asked == 2 * texts.size());
  }
}

TEST_CASE("questions have their own prefix, and their own name where the server wants one") {
  const FakeServer server([](int socket, const FakeServer::Request& request, FakeServer&) { return answer_well(socket, request); });
  HttpModel model = model_at(server);
  model.query_model = "fake-query";
  model.query_prefix = "query: ";
  Waits waits;
  const auto encoder = start(model, waits.seams());
  REQUIRE(encoder->embed("when", TextRole::kQuery));
  const Json body = Json::parse(server.requests().back().body);
  CHECK(body["model"] == "fake-query");
  CHECK(body["input"][0] == "query: when");
}

TEST_CASE("an answer that is not one proper vector for each text is refused at once, saying what is wrong") {
  const std::pair<std::string, std::string> kAnswers[] = {
      {R"({"data":[{"index":0,"embedding":[1,2,3,4,5,6,7,8]}]})", "1 vectors for 2 texts"},
      {R"({"data":[]})", "0 vectors for 2 texts"},
      {R"({"data":[{"index":0,"embedding":[1,2,3]},{"index":1,"embedding":[1,2,3]}]})", "3 components, not the 8"},
      {R"({"data":[{"index":0,"embedding":[1,2,3,4,5,6,7,NaN]},{"index":1,"embedding":[1,2,3,4,5,6,7,8]}]})", "not JSON"},
      {R"({"data":[{"index":0,"embedding":[1,2,3,4,5,6,7,null]},{"index":1,"embedding":[1,2,3,4,5,6,7,8]}]})", "no number"},
      {R"({"data":[{"index":0,"embedding":[1,2,3,4,5,6,7,"8"]},{"index":1,"embedding":[1,2,3,4,5,6,7,8]}]})", "no number"},
      {R"({"data":[{"index":0,"embedding":[1,2,3,4,5,6,7,1e39]},{"index":1,"embedding":[1,2,3,4,5,6,7,8]}]})", "not a finite number"},
      {R"({"data":[{"index":0,"embedding":[0,0,0,0,0,0,0,0]},{"index":1,"embedding":[1,2,3,4,5,6,7,8]}]})", "length zero"},
      {R"({"data":[{"index":1,"embedding":[1,2,3,4,5,6,7,8]},{"index":1,"embedding":[1,2,3,4,5,6,7,8]}]})", "two vectors have the index 1"},
      {R"({"data":[{"index":2,"embedding":[1,2,3,4,5,6,7,8]},{"index":1,"embedding":[1,2,3,4,5,6,7,8]}]})", "not that of a text"},
      {R"({"data":[{"index":-1,"embedding":[1,2,3,4,5,6,7,8]},{"index":1,"embedding":[1,2,3,4,5,6,7,8]}]})", "not that of a text"},
      {R"({"data":[{"index":0,"embedding":"!!"},{"index":1,"embedding":[1,2,3,4,5,6,7,8]}]})", "not base64"},
      {R"({"data":[{"index":0,"embedding":"AADAfwAAwH8AAMB/AADAfwAAwH8AAMB/AADAfwAAwH8="},{"index":1,"embedding":[1,2,3,4,5,6,7,8]}]})", "not a finite number"},
      {R"({"data":[{"index":0},{"index":1}]})", "no \"embedding\""},
      {R"({"data":[1,2]})", "no \"embedding\""},
      {R"({"data":{"0":1}})", "no list \"data\""},
      {R"({"error":{"message":"no such model"}})", "no such model"},
      {R"([])", "no list \"data\""},
      {R"({"data":[{"index":0,"embedding":[1,2,3,4)", "not JSON"},
      {"", "empty"},
      {std::string(100'000, '['), "not JSON"},
      {"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"},
      {"\xFF\xFE", "not JSON"},
  };
  for (const auto& each : kAnswers) {
    const std::string &answer = each.first, &reason = each.second;
    const FakeServer server(after_start(always(http_answer(200, answer))));
    int requests = 0;
    const Error error = embed_error(server, &requests);
    INFO("answer: ", answer.substr(0, 100), " error: ", error.message);
    CHECK(error.code == ErrorCode::kUnavailable);
    CHECK(contains(error.message, reason));
    CHECK(contains(error.message, "model fake"));
    CHECK_FALSE(contains(error.message, "\n"));
    CHECK(requests == 1);
  }
}

TEST_CASE("a status that may pass is tried again after growing waits; another is not") {
  for (const int status : {408, 429, 500, 502, 503, 504, 400, 401, 403, 404, 413, 422, 302, 501}) {
    const FakeServer server(after_start(always(http_answer(status, R"({"error":{"message":"because"}})", "application/json", "Location: http://127.0.0.1:1/\r\n"))));
    int requests = 0;
    const Error error = embed_error(server, &requests);
    INFO(status, ": ", error.message);
    CHECK(error.code == ErrorCode::kUnavailable);
    CHECK(contains(error.message, "answered " + std::to_string(status) + ": because"));
    const bool passes = status == 408 || status == 429 || (status >= 500 && status != 501);
    CHECK(requests == (passes ? 3 : 1));
  }
}

TEST_CASE("a server that recovers is not noticed but by the wait, which the server may lengthen") {
  for (const std::string more : {"", "Retry-After: 7\r\n"}) {
    std::atomic<int> count = 0;
    const FakeServer server(after_start([&count, more](int socket, const FakeServer::Request& request, FakeServer&) {
      if (++count <= 2) return FakeServer::send_all(socket, http_answer(503, "busy", "text/plain", more));
      return answer_well(socket, request);
    }));
    Waits waits;
    const auto encoder = start(model_at(server), waits.seams());
    const std::vector<std::string> texts{"one"};
    CHECK(encoder->embed_all(texts, TextRole::kPassage));
    // 0.25 to 0.5 s, then 0.5 to 1 s; or what the server asked for.
    if (more.empty()) {
      CHECK(waits.total.count() >= 750);
      CHECK(waits.total.count() <= 1500);
    } else {
      CHECK(waits.total.count() == 14'000);
    }
  }
}

TEST_CASE("connections that break, halfway or at once, are made again") {
  const std::string whole = http_answer(200, std::string(5000, ' '));
  for (const std::string& bytes : {std::string(), whole.substr(0, 10), whole.substr(0, whole.size() - 100), std::string("\r\n\r\n\r\n"), std::string(9000, 'x')}) {
    const FakeServer server(after_start(always(bytes)));
    int requests = 0;
    const Error error = embed_error(server, &requests);
    INFO(bytes.substr(0, 20), ": ", error.message);
    CHECK(error.code == ErrorCode::kUnavailable);
    CHECK(contains(error.message, "broke"));
    // One more where it broke before the first byte, on the connection kept from the start: that may be mere age.
    CHECK(requests >= 3);
    CHECK(requests <= 4);
  }
}

TEST_CASE("a server that closes each connection after an answer costs no attempt") {
  const FakeServer server([](int socket, const FakeServer::Request& request, FakeServer&) {
    answer_well(socket, request);
    return false;
  });
  HttpModel model = model_at(server);
  model.retries = 0;
  Waits waits;
  const auto encoder = start(model, waits.seams());
  for (int i = 0; i < 200; ++i) REQUIRE(encoder->embed("text " + std::to_string(i), TextRole::kPassage));
}

TEST_CASE("a server that never answers, or a byte now and then, is given up at the time set") {
  const FakeServer::Handler never = [](int, const FakeServer::Request&, FakeServer& server) {
    while (!server.stopping()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return false;
  };
  const auto drip = [](const std::string& head) -> FakeServer::Handler {
    return [head](int socket, const FakeServer::Request&, FakeServer& server) {
      FakeServer::send_all(socket, head);
      while (!server.stopping() && FakeServer::send_all(socket, "x")) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      return false;
    };
  };
  for (const auto& handler : {never, drip("HTTP/1.1 200 OK\r\nX-Header: "), drip("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"), drip("HTTP/1.1 200 OK\r\n\r\n")}) {
    const FakeServer server(after_start(handler));
    int requests = 0;
    const Error error = embed_error(server, &requests);
    CHECK(error.code == ErrorCode::kUnavailable);
    CHECK(contains(error.message, "no complete answer in 300 ms"));
    CHECK(requests == 2);
  }
}

TEST_CASE("an answer without end is cut off at the size of any proper one") {
  const FakeServer server(after_start([](int socket, const FakeServer::Request&, FakeServer&) {
    FakeServer::send_all(socket, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
    while (FakeServer::send_all(socket, std::string(65536, ' '))) {}
    return false;
  }));
  HttpModel model = model_at(server);
  model.timeout = std::chrono::seconds(30);
  Waits waits;
  const auto encoder = start(model, waits.seams());
  const auto vector = encoder->embed("one", TextRole::kPassage);
  REQUIRE_FALSE(vector);
  CHECK(contains(vector.error().message, "larger than any proper one"));
}

TEST_CASE("a server that is not there is said to be so, and how to mend it") {
  HttpModel model;
  {
    const FakeServer server(always(""));
    model = model_at(server);
  }
  Waits waits;
  const auto encoder = make_http_encoder(kFiles, model, waits.seams());
  REQUIRE_FALSE(encoder);
  CHECK(encoder.error().code == ErrorCode::kUnavailable);
  CHECK(contains(encoder.error().message, "cannot be reached"));
  CHECK(contains(encoder.error().hint, "base_url"));
  CHECK(waits.total.count() > 0);
}

TEST_CASE("a dimension other than the configured one ends the start") {
  const FakeServer server([](int socket, const FakeServer::Request& request, FakeServer&) { return answer_well(socket, request); });
  HttpModel model = model_at(server);
  model.dimension = 16;
  Waits waits;
  const auto encoder = make_http_encoder(kFiles, model, waits.seams());
  REQUIRE_FALSE(encoder);
  CHECK(contains(encoder.error().message, "8 components, not the 16 configured"));
}

TEST_CASE("a model that drifts while texts are embedded costs all of them") {
  std::atomic<bool> drifted = false;
  const FakeServer server([&](int socket, const FakeServer::Request& request, FakeServer&) {
    return FakeServer::send_all(socket, http_answer(200, good_answer(request.body, drifted ? "other" : "")));
  });
  Waits waits;
  const auto encoder = start(model_at(server), waits.seams());
  const std::vector<std::string> texts{"one", "two"};
  CHECK(encoder->embed_all(texts, TextRole::kPassage));
  drifted = true;
  const auto vectors = encoder->embed_all(texts, TextRole::kPassage);
  REQUIRE_FALSE(vectors);
  CHECK(vectors.error().code == ErrorCode::kRefused);
  CHECK(contains(vectors.error().message, "other vectors than when this began"));
}

TEST_CASE("rounding in a server is no drift") {
  std::atomic<int> count = 0;
  const FakeServer server([&](int socket, const FakeServer::Request& request, FakeServer&) {
    const Json body = Json::parse(request.body);
    Json answer = {{"data", Json::array()}};
    for (const Json& text : body["input"]) {
      std::vector<float> vector = vector_of(text.get<std::string>());
      for (float& x : vector) x *= 1 + 0.001f * static_cast<float>(++count % 3);
      answer["data"].push_back({{"embedding", vector}});
    }
    return FakeServer::send_all(socket, http_answer(200, answer.dump()));
  });
  Waits waits;
  const auto encoder = start(model_at(server), waits.seams());
  const std::vector<std::string> texts{"one", "two"};
  CHECK(encoder->embed_all(texts, TextRole::kPassage));
}

TEST_CASE("a key is sent, from a file or the environment, and stands in no error") {
  const std::string key = "sk-secret-123";
  const TemporaryFolder folder;
  folder.write("key", key + "\n");
  for (const bool from_file : {true, false}) {
    const FakeServer server(after_start(always(http_answer(401, "{\"error\":{\"message\":\"wrong key sk-secret-123, really sk-secret-123\"}}"))));
    HttpModel model = model_at(server);
    (from_file ? model.api_key_file : model.api_key_env) = from_file ? folder.path("key") : std::string("FAKE_KEY");
    Waits waits;
    const auto encoder = start(model, waits.seams(key));
    CHECK(contains(server.requests()[0].head, "Authorization: Bearer " + key));
    const auto vector = encoder->embed("one", TextRole::kPassage);
    REQUIRE_FALSE(vector);
    CHECK(contains(vector.error().message, "401: wrong key ***, really ***"));
    CHECK(contains(vector.error().hint, "api_key_file"));
  }
}

TEST_CASE("a key that is missing, empty or more than a key is an error before any request") {
  const FakeServer server([](int socket, const FakeServer::Request& request, FakeServer&) { return answer_well(socket, request); });
  const TemporaryFolder folder;
  folder.write("two lines", "sk-1\nX-Header: 2");
  folder.write("empty", " \n");
  for (const std::string name : {"two lines", "empty", "missing"}) {
    HttpModel model = model_at(server);
    model.api_key_file = folder.path(name);
    Waits waits;
    const auto encoder = make_http_encoder(kFiles, model, waits.seams());
    REQUIRE_FALSE(encoder);
    CHECK_FALSE(contains(encoder.error().message, "sk-1"));
  }
  HttpModel model = model_at(server);
  model.api_key_env = "NOT_SET";
  Waits waits;
  CHECK_FALSE(make_http_encoder(kFiles, model, waits.seams()));
  CHECK(server.requests().empty());
}

TEST_CASE("texts that cannot be embedded are refused before any request") {
  const FakeServer server([](int socket, const FakeServer::Request& request, FakeServer&) { return answer_well(socket, request); });
  Waits waits;
  const auto encoder = start(model_at(server), waits.seams());
  for (const std::string& text : {std::string(), std::string(" \t\n"), std::string("\xED\xA0\x80"), std::string("\xFF"), std::string(10 << 20, 'x')}) {
    INFO("text of ", text.size(), " bytes");
    const std::vector<std::string> among{"one", text};
    const auto vectors = encoder->embed_all(among, TextRole::kPassage);
    REQUIRE_FALSE(vectors);
    CHECK(vectors.error().code == ErrorCode::kBadInput);
    CHECK(contains(vectors.error().message, "text 1"));
    CHECK_FALSE(encoder->embed(text, TextRole::kQuery));
  }
  CHECK(server.requests().size() == 1);  // of the start
}

TEST_CASE("who waits may give up, while a server is silent and between attempts") {
  for (const bool silent : {true, false}) {
    std::atomic<bool> give_up = false;
    const FakeServer server(after_start([&give_up, silent](int socket, const FakeServer::Request&, FakeServer& self) {
      give_up = true;
      if (!silent) return FakeServer::send_all(socket, http_answer(503, ""));
      while (!self.stopping()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return false;
    }));
    HttpModel model = model_at(server);
    model.timeout = std::chrono::seconds(600);
    Waits waits;
    const auto encoder = start(model, waits.seams());
    const std::vector<std::string> texts{"one"};
    const auto vectors = encoder->embed_all(texts, TextRole::kPassage, [&](std::size_t) { return !give_up; });
    REQUIRE_FALSE(vectors);
    CHECK(contains(vectors.error().message, "cancelled"));
  }
}

TEST_CASE("a wrong configuration is refused, naming the key, and never showing a password") {
  HttpModel good;
  good.name = "fake";
  good.base_url = "http://127.0.0.1:1/v1";
  good.model = "m";
  good.dimension = 8;
  REQUIRE(check_http_model(good));
  const auto message = [&](auto change) {
    HttpModel model = good;
    change(model);
    const auto checked = check_http_model(model);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == ErrorCode::kUsage);
    return checked.error().message;
  };
  CHECK(contains(message([](HttpModel& m) { m.base_url = ""; }), "base_url"));
  CHECK(contains(message([](HttpModel& m) { m.base_url = "ftp://host/v1"; }), "base_url"));
  CHECK(contains(message([](HttpModel& m) { m.base_url = "http:///v1"; }), "host"));
  CHECK(contains(message([](HttpModel& m) { m.base_url = "http://host:99999/v1"; }), "port"));
  CHECK(contains(message([](HttpModel& m) { m.base_url = "http://host:/v1"; }), "port"));
  CHECK(contains(message([](HttpModel& m) { m.base_url = "http://host/v1\r\nX: y"; }), "base_url"));
  CHECK_FALSE(contains(message([](HttpModel& m) { m.base_url = "https://me:pass@host/v1"; }), "pass@"));
  CHECK(contains(message([](HttpModel& m) { m.model = ""; }), "model"));
  CHECK(contains(message([](HttpModel& m) { m.dimension = 0; }), "dimension"));
  CHECK(contains(message([](HttpModel& m) { m.max_batch = 0; }), "max_batch"));
  CHECK(contains(message([](HttpModel& m) { m.api_key_env = m.api_key_file = "X"; }), "api_key_env"));
  CHECK(contains(message([](HttpModel& m) { m.name = "none"; }), "none"));
}

TEST_CASE("a URL is taken apart, loopback told from what looks like it") {
  const auto url = embeddings_url("https://api.example:8443/openai/v1//");
  REQUIRE(url);
  CHECK(url->origin == "https://api.example:8443");
  CHECK(url->path == "/openai/v1/embeddings");
  CHECK(url->encrypted);
  CHECK_FALSE(url->loopback);
  CHECK(embeddings_url("http://[::1]:8080")->loopback);
  CHECK(embeddings_url("http://127.3.2.1/v1")->loopback);
  CHECK_FALSE(embeddings_url("http://127.0.0.1.example/v1")->loopback);
}

TEST_CASE("the identity of a served model does not depend on where it runs or how it is asked") {
  const FakeServer one([](int socket, const FakeServer::Request& request, FakeServer&) { return answer_well(socket, request); });
  const FakeServer two([](int socket, const FakeServer::Request& request, FakeServer&) { return answer_well(socket, request); });
  HttpModel model = model_at(two);
  model.base64 = true;
  model.max_batch = 1;
  Waits waits;
  const auto a = start(model_at(one), waits.seams()), b = start(model, waits.seams());
  CHECK(a->identity() == b->identity());
  CHECK(a->runtime() == b->runtime());
  const auto different = [&](auto change) {
    HttpModel other = model;
    change(other);
    CHECK(http_identity(other, "t") != http_identity(model, "t"));
  };
  different([](HttpModel& m) { m.name = "x"; });
  different([](HttpModel& m) { m.model = "x"; });
  different([](HttpModel& m) { m.query_model = "x"; });
  different([](HttpModel& m) { m.dimension = 9; });
  different([](HttpModel& m) { m.query_prefix = "x"; });
  different([](HttpModel& m) { m.passage_prefix = "x"; });
  different([](HttpModel& m) { m.code_scale = 99; });
  CHECK(http_identity(model, "t") != http_identity(model, "u"));
}

TEST_CASE("the pool gives a served model by its identity, once it was let through") {
  const FakeServer server([](int socket, const FakeServer::Request& request, FakeServer&) { return answer_well(socket, request); });
  const TemporaryFolder folder;
  const auto registry = ModelRegistry::load(kFiles, folder.path());
  REQUIRE(registry);
  int asked = 0;
  bool allowed = false;
  const EncoderPool pool(*registry, {}, {{"fake", model_at(server)}}, [&](const Encoder&) -> Status {
    ++asked;
    if (!allowed) return fail(ErrorCode::kRefused, "not yet");
    return {};
  });
  const std::string identity = http_identity(model_at(server), "estimated:1").to_json();
  CHECK_FALSE(pool.get(identity));
  allowed = true;
  REQUIRE(pool.get(identity));
  CHECK(pool.get(identity)->get() == pool.load("fake")->get());
  CHECK(asked == 2);
  CHECK(server.requests().size() == 1);

  HttpModel other = model_at(server);
  other.code_scale = 5;
  const auto refused = pool.get(http_identity(other, "estimated:1").to_json());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kRefused);
  CHECK(contains(refused.error().hint, "grounds collections create NEW --model fake"));
  CHECK_FALSE(pool.load("unknown"));
}
