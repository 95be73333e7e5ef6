#include "base/hash.h"

#include <doctest/doctest.h>

namespace grounds {
namespace {

// FIPS 180-2, appendix B, and the empty message.
TEST_CASE("SHA-256 gives the published digests") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 in pieces is SHA-256 of the whole") {
  const std::string text(1000, 'x');
  for (std::size_t cut = 0; cut <= text.size(); cut += 37) {
    Sha256 hash;
    hash.update(std::string_view(text).substr(0, cut)).update(std::string_view(text).substr(cut));
    CHECK(hash.finish() == sha256(text));
  }
}

TEST_CASE("fields tell lists of values apart that concatenate to the same bytes") {
  const auto hash = [](std::string_view a, std::string_view b) {
    return Sha256().field(a).field(b).finish();
  };
  CHECK(hash("ab", "c") != hash("a", "bc"));
  CHECK(hash("", "abc") != hash("abc", ""));
  CHECK(Sha256().field("ab").finish() == sha256(std::string_view("\x02\0\0\0\0\0\0\0ab", 10)));
}

TEST_CASE("XXH3 of nothing is the published value") {
  CHECK(xxh3({}) == 0x2D06800538D394C2ULL);
}

TEST_CASE("hexadecimal text turns back into its bytes, and anything else is refused") {
  const std::string bytes("\x00\x7f\x80\xff", 4);
  CHECK(from_hex("007f80ff").value() == bytes);
  CHECK(from_hex("007F80FF").value() == bytes);
  CHECK(to_hex(sha256("")).size() == 64);
  CHECK(from_hex("0").error().code == ErrorCode::kBadInput);
  CHECK(from_hex("0g").error().code == ErrorCode::kBadInput);
  CHECK(from_hex(std::string_view("0\0", 2)).error().code == ErrorCode::kBadInput);
}

}  // namespace
}  // namespace grounds
