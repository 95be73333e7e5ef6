#include <doctest/doctest.h>

#include <random>
#include <string>

#include "answer/backends/chat_reply.h"
#include "answer/backends/event_stream.h"
#include "answer/backends/openai.h"
#include "answer/backends/reasoning.h"
#include "answer/backends/secret.h"
#include "answer/backends/settings.h"

using namespace grounds;

namespace {

// Cuts `text` into pieces of random length.
std::vector<std::string> cut(const std::string& text, std::mt19937& random) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = 1 + random() % 7;
    pieces.push_back(text.substr(at, size));
    at += size;
  }
  return pieces;
}

}  // namespace

TEST_CASE("Events are read the same wherever the bytes are cut, with every kind of line end") {
  const std::string stream = "data: one\n\n: a comment\r\ndata: two\rdata:  more\r\n\r\nevent: x\nid: 7\ndata\n\ndata:three";
  const std::vector<std::string> expected{"one", "two\n more", ""};
  for (unsigned seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    EventStreamReader reader;
    std::vector<std::string> got;
    for (const std::string& piece : cut(stream, random))
      for (std::string& event : reader.feed(piece)) got.push_back(std::move(event));
    CHECK(got == expected);
  }
}

TEST_CASE("A written event is read back") {
  for (const char* data : {"", "x", "a\nb", "\n", "{\"k\":1}"}) {
    EventStreamReader reader;
    const auto got = reader.feed(format_event("name", data));
    REQUIRE(got.size() == 1);
    CHECK(got[0] == data);
  }
}

TEST_CASE("Reasoning is split off, opened, unclosed or closed only") {
  const auto split = [](std::string_view text) { return split_reasoning(text); };
  CHECK(split("<think>a</think> b").answer == "b");
  CHECK(split("<think>a</think> b").reasoning == "a");
  CHECK(split("a</think>b").answer == "b");
  CHECK(split("a</think>b").reasoning == "a");
  CHECK(split("x <think>never ends").answer == "x");
  CHECK(split("a <think>1</think>b<think>2</think>").answer == "a b");
  CHECK(split("plain").answer == "plain");
}

TEST_CASE("The filter for streams agrees with the split of the whole, wherever it is cut") {
  const std::string text = "<think>9 m < 12 m?</think>\n The <b>kestrel</b> <thin air> <think>x</think>hovers.<";
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    ReasoningFilter filter;
    std::string got;
    for (const std::string& piece : cut(text, random)) got += filter.feed(piece);
    got += filter.finish();
    CHECK(got == split_reasoning(text).answer);
  }
}

TEST_CASE("A completion is taken apart, and what is none is refused with the reason") {
  const auto good = parse_chat_completion(
      R"({"id":"c1","model":"m","system_fingerprint":"f","choices":[{"finish_reason":"stop","message":{"content":"x","reasoning_content":"r"}}],"usage":{"prompt_tokens":3,"completion_tokens":-1}})");
  REQUIRE(good);
  CHECK(good->content == "x");
  CHECK(good->reasoning == "r");
  CHECK(good->finish_reason == "stop");
  CHECK(good->fingerprint == "f");
  CHECK(good->usage == Json{{"prompt_tokens", 3}});
  for (const char* bad : {"", "[]", "null", "{", "{}", R"({"choices":[]})", R"({"choices":{}})", R"({"choices":[1]})", R"({"choices":[{}]})",
                          R"({"choices":[{"message":{"content":7}}]})", R"({"error":{"message":"x"},"choices":[{"message":{"content":"x"}}]})",
                          R"({"choices":[{"message":{"content":"x"}}],"model":3})", "\xff"}) {
    INFO(bad);
    CHECK_FALSE(parse_chat_completion(bad));
  }
}

TEST_CASE("The chunks of a stream add up to the completion") {
  ChatReply reply;
  std::string text;
  for (const char* data : {R"({"model":"m","choices":[{"delta":{"role":"assistant","content":null}}]})", R"({"choices":[{"delta":{"content":"a"}}]})",
                           R"({"choices":[{"delta":{"reasoning_content":"r"}}]})", R"({"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}]})",
                           R"({"choices":[],"usage":{"total_tokens":5}})"}) {
    auto more = add_chat_chunk(reply, data);
    REQUIRE(more);
    text += *more;
  }
  CHECK(text == "ab");
  CHECK(reply.content == "ab");
  CHECK(reply.reasoning == "r");
  CHECK(reply.finish_reason == "stop");
  CHECK(reply.usage == Json{{"total_tokens", 5}});
  CHECK_FALSE(add_chat_chunk(reply, R"({"error":{"message":"out of memory"}})"));
}

TEST_CASE("A base URL is taken apart, and one that holds a secret is refused") {
  const auto endpoint = parse_endpoint("https://api.example.com:8443/openai/v1/");
  REQUIRE(endpoint);
  CHECK(endpoint->origin == "https://api.example.com:8443");
  CHECK(endpoint->path == "/openai/v1");
  CHECK(parse_endpoint("http://[::1]:80")->path.empty());
  for (const char* bad : {"", "http://", "ftp://x/v1", "x/v1", "http://u:p@x/v1", "http://x/v1?key=1", "http://x/v1#f", "http://x /v1", "http://x\r\nA: b/v1",
                          "http://x:0/v1", "http://x:65536/v1", "http://x:99999999999/v1", "http://x:/v1", "http://x:8a/v1", "http://[::1]:70000", "http://[::1", "http://a:1:2"}) {
    INFO(bad);
    CHECK_FALSE(parse_endpoint(bad));
  }
}

TEST_CASE("A question's temperature goes before extra_body, and that before the setting") {
  BackendSettings settings;
  CHECK(request_parameters(settings, {}) == Json{{"temperature", 0.0}});
  settings.temperature.reset();
  CHECK(request_parameters(settings, {}) == Json::object());
  settings.temperature = 0.1, settings.seed = 7, settings.extra_body = {{"temperature", 0.2}, {"top_k", 5}};
  CHECK(request_parameters(settings, {}) == Json{{"temperature", 0.2}, {"seed", 7}, {"top_k", 5}});
  CHECK(request_parameters(settings, 0.9) == Json{{"temperature", 0.9}, {"seed", 7}, {"top_k", 5}});
}

TEST_CASE("Equal requests have equal bytes, and each part changes them") {
  const std::string base = request_bytes("m", "p", {{"temperature", 0}});
  CHECK(base == request_bytes("m", "p", {{"temperature", 0}}));
  CHECK(base != request_bytes("n", "p", {{"temperature", 0}}));
  CHECK(base != request_bytes("m", "q", {{"temperature", 0}}));
  CHECK(base != request_bytes("m", "p", {{"temperature", 1}}));
}

TEST_CASE("A secret is cut out wherever it stands") {
  std::string text = "a KEY b KEYKEY";
  CHECK(redact(text, "KEY"));
  CHECK(text == "a [redacted] b [redacted][redacted]");
  CHECK_FALSE(redact(text, "KEY"));
  CHECK_FALSE(redact(text, ""));
}

TEST_CASE("A secret is cut out of JSON however its characters are written") {
  const std::string key = "sk-a/b\"\\Z0";
  for (const char* written : {R"(sk-a/b"\Z0)", R"(sk-a\/b\"\\Z0)", R"(\u0073k\u002da\u002Fb\u0022\u005cZ0)", R"(\u0073\u006b\u002D\u0061\u002f\u0062\u0022\u005C\u005a\u0030)"}) {
    std::string text = std::string(R"({"id":")") + written + R"("})";
    INFO(text);
    CHECK(redact_json(text, key));
    CHECK(text == R"({"id":"[redacted]"})");
  }
  std::string other = R"(sk-a/b \u0073k-a)";
  CHECK_FALSE(redact_json(other, key));
  CHECK_FALSE(redact_json(other, ""));
  std::string cut = "id sk-0123456";
  CHECK(redact_cut(cut, "sk-0123456789"));
  CHECK(cut == "id [redacted]");
  CHECK(partial_secret("ab sk", "sk-1") == 2);
  CHECK(partial_secret("ab", "sk-1") == 0);
}

TEST_CASE("What cannot be canonical JSON becomes text all the same") {
  CHECK(canonical_text(Json{{"b", 1}, {"a", "\xff"}}) == "{\"a\":\"\xef\xbf\xbd\",\"b\":1}");
  CHECK(request_bytes("m", "\xff", Json::object()).find("\xef\xbf\xbd") != std::string::npos);
}

TEST_CASE("Pauses grow, vary and have an end") {
  SeededRandom random(3);
  for (int retry = 1; retry <= 12; ++retry) {
    const std::int64_t whole = std::min<std::int64_t>(250LL << std::min(retry - 1, 5), 8000);
    for (int i = 0; i < 50; ++i) {
      const std::int64_t pause = retry_pause_ms(retry, random);
      CHECK(pause >= whole / 2);
      CHECK(pause <= whole);
    }
  }
  CHECK(retry_after_ms("2") == 2000);
  for (const char* other : {"", "soon", "-1", "1.5", "99999999", "Wed, 21 Oct 2026 07:28:00 GMT"}) CHECK_FALSE(retry_after_ms(other));
}
