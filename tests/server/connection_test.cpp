#include "server/connection.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace grounds;

namespace {

// A connection with this end of it in the test's hand.
struct Pair {
  Pair() {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    client = ends[0];
    connection = std::make_unique<Connection>(ends[1]);
  }
  ~Pair() { hang_up(); }
  void send(const std::string& bytes) const { REQUIRE(write(client, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())); }
  void hang_up() {
    if (client >= 0) close(client);
    client = -1;
  }
  // As the listener and the library do: the head is taken, then the body is read.
  Connection::Arrival arrive() const { return connection->receive(); }
  void take_head() const {
    connection->begin_request();
    std::string head(connection->head().size, '\0');
    REQUIRE(connection->read(head.data(), head.size()) == static_cast<ssize_t>(head.size()));
    char more = 0;
    CHECK(connection->read(&more, 1) == 0);  // the library never sees the body
  }
  std::string body(Connection::BodyEnd* end, std::uint64_t limit = 1000) const {
    std::string text;
    *end = connection->read_body(limit, [&](std::string_view piece) {
      text += piece;
      return true;
    });
    return text;
  }
  int client = -1;
  std::unique_ptr<Connection> connection;
};

const std::string kPost = "POST /x HTTP/1.1\r\nHost: localhost\r\n";

}  // namespace

TEST_CASE("a request is ready once its head and its small body are there") {
  const Pair pair;
  pair.send(kPost + "Content-Length: 5\r\n");
  CHECK(pair.arrive() == Connection::Arrival::kIncomplete);
  pair.send("\r\nhe");
  CHECK(pair.arrive() == Connection::Arrival::kIncomplete);
  pair.send("llo");
  CHECK(pair.arrive() == Connection::Arrival::kReady);
  pair.take_head();
  Connection::BodyEnd end{};
  CHECK(pair.body(&end) == "hello");
  CHECK(end == Connection::BodyEnd::kWhole);
  CHECK(pair.connection->may_be_reused());
}

TEST_CASE("requests that come at once are taken one after another") {
  const Pair pair;
  pair.send(kPost + "Content-Length: 3\r\n\r\none" + kPost + "Transfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n" + kPost + "\r\n");
  for (const char* expected : {"one", "two", ""}) {
    REQUIRE(pair.arrive() == Connection::Arrival::kReady);
    pair.take_head();
    Connection::BodyEnd end{};
    CHECK(pair.body(&end) == expected);
    CHECK(end == Connection::BodyEnd::kWhole);
    REQUIRE(pair.connection->may_be_reused());
    pair.connection->end_request();
  }
  CHECK(pair.connection->is_idle());
}

TEST_CASE("a body that nobody read is passed over if it is there, and ends the connection if it is not") {
  const Pair whole;
  whole.send(kPost + "Content-Length: 3\r\n\r\none" + kPost + "\r\n");
  REQUIRE(whole.arrive() == Connection::Arrival::kReady);
  whole.take_head();
  REQUIRE(whole.connection->may_be_reused());
  whole.connection->end_request();
  REQUIRE(whole.arrive() == Connection::Arrival::kReady);
  CHECK(whole.connection->head().content_length == 0);

  for (const std::string& headers : {std::string("Content-Length: 100000\r\n\r\npart"), std::string("Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n")}) {
    const Pair unread;
    unread.send(kPost + headers);
    REQUIRE(unread.arrive() == Connection::Arrival::kReady);
    unread.take_head();
    CHECK_FALSE(unread.connection->may_be_reused());
  }
}

TEST_CASE("chunks of any sizes, cut anywhere, give the body that was sent") {
  std::mt19937 random(20261124);
  INFO("seed 20261124");
  for (int round = 0; round < 50; ++round) {
    std::string body, sent = kPost + "Transfer-Encoding: chunked\r\n\r\n";
    for (int chunks = static_cast<int>(random() % 8); chunks >= 0; --chunks) {
      const std::string chunk(1 + random() % 5000, static_cast<char>('a' + chunks));
      char size[32];
      std::snprintf(size, sizeof size, round % 2 ? "%zx;note=1\r\n" : "%zX\r\n", chunk.size());
      sent += size + chunk + "\r\n";
      body += chunk;
    }
    sent += round % 3 ? "0\r\n\r\n" : "0\r\nTrailer: x\r\n\r\n";
    Pair pair;
    std::vector<std::size_t> cuts;
    for (std::size_t left = sent.size(); left > 0;) {
      cuts.push_back(std::min<std::size_t>(left, 1 + random() % 3000));
      left -= cuts.back();
    }
    std::thread sender([&] {
      std::size_t at = 0;
      for (std::size_t cut : cuts) {
        pair.send(sent.substr(at, cut));
        at += cut;
      }
    });
    while (pair.arrive() == Connection::Arrival::kIncomplete) std::this_thread::yield();
    pair.take_head();
    Connection::BodyEnd end{};
    CHECK(pair.body(&end, body.size()) == body);
    CHECK(end == Connection::BodyEnd::kWhole);
    CHECK(pair.connection->may_be_reused());
    sender.join();
  }
}

TEST_CASE("a body over the limit is refused: at once where its length is said, else at the chunk that is too much") {
  Connection::BodyEnd end{};
  const Pair said;
  said.send(kPost + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'x'));
  REQUIRE(said.arrive() == Connection::Arrival::kReady);
  said.take_head();
  CHECK(said.body(&end).empty());
  CHECK(end == Connection::BodyEnd::kTooLarge);

  const Pair chunked;
  chunked.send(kPost + "Transfer-Encoding: chunked\r\n\r\n3E8\r\n" + std::string(1000, 'x') + "\r\n1\r\nx\r\n0\r\n\r\n");
  REQUIRE(chunked.arrive() == Connection::Arrival::kReady);
  chunked.take_head();
  CHECK(chunked.body(&end).size() == 1000);
  CHECK(end == Connection::BodyEnd::kTooLarge);
  CHECK_FALSE(chunked.connection->may_be_reused());
}

TEST_CASE("chunks that are none are broken, and lines without an end are not kept") {
  for (const std::string& chunks : {std::string("ZZ\r\n"), std::string("-1\r\n"), std::string("\r\n"), std::string("3\nabc\r\n0\r\n\r\n"), std::string("3\r\nabcd\r\n"),
                                    std::string("3\r\nabc\n0\r\n\r\n"), std::string("FFFFFFFFFFFFFFFFF\r\n"), std::string("3 x=") + std::string(5000, 'y'),
                                    std::string("0\r\n") + std::string(5000, 't')}) {
    CAPTURE(chunks.substr(0, 20));
    Pair pair;
    pair.send(kPost + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
    REQUIRE(pair.arrive() == Connection::Arrival::kReady);
    pair.hang_up();
    pair.take_head();
    Connection::BodyEnd end{};
    pair.body(&end);
    CHECK(end == Connection::BodyEnd::kBroken);
    CHECK_FALSE(pair.connection->may_be_reused());
  }
}

TEST_CASE("a client that hangs up in the middle of a body breaks it off, and is known to have gone") {
  Pair pair;
  pair.send(kPost + "Content-Length: 500\r\n\r\nsome");
  CHECK(pair.arrive() == Connection::Arrival::kIncomplete);
  CHECK_FALSE(pair.connection->peer_has_gone());
  pair.hang_up();
  CHECK(pair.connection->peer_has_gone());
  REQUIRE(pair.arrive() == Connection::Arrival::kReady);
  pair.take_head();
  Connection::BodyEnd end{};
  CHECK(pair.body(&end) == "some");
  CHECK(end == Connection::BodyEnd::kBroken);
}

TEST_CASE("a connection that is cut reads and writes nothing more") {
  const Pair pair;
  pair.send(kPost + "Content-Length: 100000\r\n\r\npart");
  REQUIRE(pair.arrive() == Connection::Arrival::kReady);
  pair.take_head();
  std::thread cutter([&] { pair.connection->cut(); });
  Connection::BodyEnd end{};
  pair.body(&end, 1 << 20);
  CHECK(end == Connection::BodyEnd::kBroken);
  cutter.join();
  CHECK(pair.connection->write("x", 1) < 0);
  CHECK_FALSE(pair.connection->is_writable());
}
