#include "server/multipart.h"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>

using namespace grounds;

namespace {

std::string part(const std::string& disposition, const std::string& content) {
  return "--cut\r\nContent-Disposition: form-data; " + disposition + "\r\nContent-Type: text/plain\r\n\r\n" + content + "\r\n";
}

struct Read {
  Status status;
  std::string file, name;
};

// Feeds the body in pieces of at most `piece` bytes.
Read read(const std::string& body, std::size_t piece = 1000) {
  Read out;
  MultipartFile form("cut", [&](std::string_view bytes) {
    out.file += bytes;
    return Status();
  });
  for (std::size_t at = 0; at < body.size() && out.status; at += piece) out.status = form.feed(std::string_view(body).substr(at, piece));
  if (out.status) out.status = form.finish();
  out.name = form.file_name();
  return out;
}

}  // namespace

TEST_CASE("the file of a form comes out byte for byte, however the body is cut") {
  std::mt19937 random(7);
  INFO("seed 7");
  for (int round = 0; round < 60; ++round) {
    std::string content;
    // Full of what looks like the beginning of a boundary, and is none.
    for (std::size_t n = random() % 40; n > 0; --n) content += std::array{"\r\n--cu", "\r\n--", "\r", "--cut", "x", "\nx"}[random() % 6];
    const std::string body = part("name=\"f\"; filename=\"a b.md\"", content) + "--cut--\r\n";
    for (std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, body.size()}) {
      const Read got = read("preamble" + std::string(round % 2 ? "\r\n" : "") + (round % 2 ? body : "\r\n" + body), piece);
      REQUIRE(got.status);
      CHECK(got.file == content);
      CHECK(got.name == "a b.md");
    }
  }
}

TEST_CASE("a form without a preamble, with an empty file and with an epilogue is one") {
  const Read got = read(part("name=file; filename=x.txt", "") + "--cut--\r\nepilogue --cut");
  CHECK(got.status);
  CHECK(got.file.empty());
  CHECK(got.name == "x.txt");
}

TEST_CASE("a form that holds anything but one file is refused") {
  const std::string file = part("name=\"f\"; filename=\"a\"", "x");
  for (const std::string& body : {file + file + "--cut--", part("name=\"title\"", "x") + file + "--cut--", file + part("name=\"title\"", "x") + "--cut--", std::string("--cut--"),
                                  std::string("--cut\r\nX: y\r\n\r\nz\r\n--cut--"), file, file + "--cut", file + "--cutting\r\n", std::string("x"), std::string(),
                                  "--cut\r\nContent-Disposition: " + std::string(9000, 'y')}) {
    CAPTURE(body.substr(0, 60));
    const Read got = read(body, 13);
    REQUIRE_FALSE(got.status);
    CHECK(got.status.error().code == ErrorCode::kUsage);
  }
}

TEST_CASE("what cannot be kept ends the reading with its reason") {
  MultipartFile form("cut", [](std::string_view) -> Status { return fail(ErrorCode::kUnavailable, "no room"); });
  const Status status = form.feed(part("name=f; filename=a", std::string(200, 'x')));
  REQUIRE_FALSE(status);
  CHECK(status.error().code == ErrorCode::kUnavailable);
}

TEST_CASE("the boundary is read from the type, quoted or not") {
  CHECK(multipart_boundary("multipart/form-data; boundary=abc").value() == "abc");
  CHECK(multipart_boundary("multipart/form-data; charset=utf-8; BOUNDARY=\"a b\"").value() == "a b");
  for (const char* wrong : {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary"})
    CHECK_FALSE(multipart_boundary(wrong));
  CHECK_FALSE(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'x')));
}
