#include "server/http_head.h"

#include <doctest/doctest.h>

#include <string>

using namespace grounds;

namespace {

HttpHead of(const std::string& lines) { return read_http_head("POST /x HTTP/1.1\r\n" + lines + "\r\n"); }
HttpHead::State state_of(const std::string& lines) { return of(lines).state; }

}  // namespace

TEST_CASE("a head ends at its empty line, wherever the bytes are cut") {
  const std::string text = "POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabcGET";
  const std::size_t size = text.find("abc");
  std::size_t seen = 0;
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const HttpHead head = read_http_head(std::string_view(text).substr(0, n), seen);
    seen = n;
    CHECK((head.state == HttpHead::State::kComplete) == (n >= size));
    if (n < size) continue;
    CHECK(head.size == size);
    CHECK(head.content_length == 3);
    seen = size - 1;  // as found incomplete just before
  }
}

TEST_CASE("a body has one length or is chunked, never both and never two") {
  CHECK(of("").has_body() == false);
  CHECK(of("content-length: 7\r\n").content_length == 7);
  CHECK(of("TRANSFER-ENCODING: Chunked\r\n").chunked);
  for (const char* lines : {"Content-Length: 7\r\nContent-Length: 7\r\n", "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n",
                            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
                            "Transfer-Encoding: identity\r\n", "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding:\r\n", "Content-Length: -5\r\n",
                            "Content-Length: +5\r\n", "Content-Length: 5, 5\r\n", "Content-Length: 0x5\r\n", "Content-Length:\r\n",
                            "Content-Length: 9999999999999999999999\r\n"}) {
    CAPTURE(lines);
    CHECK(state_of(lines) == HttpHead::State::kMalformed);
  }
}

TEST_CASE("what two readers might take for different things is malformed") {
  for (const std::string& lines : {std::string("Host : localhost\r\n"), std::string(" folded: x\r\n"), std::string("X: a\r\n b\r\n"), std::string("X: a\nY: b\r\n"),
                                   std::string("X: a\rY: b\r\n"), std::string("no colon\r\n"), std::string(": no name\r\n"), std::string("X: a\0b\r\n", 8),
                                   std::string("Content\xc2\xa0-Length: 5\r\n"), std::string("\r\n")}) {
    CAPTURE(lines);
    const bool empty = lines == "\r\n";  // an empty line ends the head: the rest is the body's
    CHECK((state_of(lines) == HttpHead::State::kMalformed) == !empty);
  }
  CHECK(read_http_head("\r\n\r\nGET / HTTP/1.1\r\n\r\n").state == HttpHead::State::kMalformed);
  CHECK(read_http_head("GET /\nHost: x HTTP/1.1\r\n\r\n").state == HttpHead::State::kMalformed);
}

TEST_CASE("a head, a line and the number of lines have their bounds") {
  const std::string line = "X: " + std::string(kMaxHeadLineBytes - 4, 'y') + "\r\n";
  CHECK(state_of(line) == HttpHead::State::kComplete);
  CHECK(state_of("y" + line) == HttpHead::State::kComplete);
  CHECK(state_of("yy" + line) == HttpHead::State::kTooLarge);
  std::string many;
  for (std::size_t i = 0; i < kMaxHeadLines; ++i) many += "X: y\r\n";
  CHECK(state_of(many) == HttpHead::State::kComplete);
  CHECK(state_of(many + "X: y\r\n") == HttpHead::State::kTooLarge);
  CHECK(read_http_head(std::string(kMaxHeadBytes - 1, 'x')).state == HttpHead::State::kIncomplete);
  CHECK(read_http_head(std::string(kMaxHeadBytes, 'x')).state == HttpHead::State::kTooLarge);
}

TEST_CASE("a client that waits to be told to go on is known") {
  CHECK(of("Expect: 100-Continue\r\nContent-Length: 5\r\n").expects_continue);
  CHECK_FALSE(of("Content-Length: 5\r\n").expects_continue);
}
