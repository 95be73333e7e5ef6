#include "index/segment/chunk_id.h"

#include <doctest/doctest.h>

#include <set>

using namespace grounds;

TEST_CASE("a chunk id depends on each of its parts and on where one ends") {
  std::set<ChunkId> ids{
      make_chunk_id("file:///a", "s", "p", 0, 10), make_chunk_id("file:///b", "s", "p", 0, 10),
      make_chunk_id("file:///a", "t", "p", 0, 10), make_chunk_id("file:///a", "s", "q", 0, 10),
      make_chunk_id("file:///a", "s", "p", 1, 10), make_chunk_id("file:///a", "s", "p", 0, 11),
      make_chunk_id("file:///as", "", "p", 0, 10)};
  CHECK(ids.size() == 7);
  CHECK(make_chunk_id("file:///a", "s", "p", 0, 10) == make_chunk_id("file:///a", "s", "p", 0, 10));
}

TEST_CASE("a chunk id survives its hexadecimal form") {
  const ChunkId id = make_chunk_id("u", "s", "p", 1, 2);
  const auto back = ChunkId::from_hex(id.hex());
  REQUIRE(back);
  CHECK(*back == id);
  CHECK(ChunkId::from_hex("abcd").error().code == ErrorCode::kBadInput);
  CHECK(ChunkId::from_hex(std::string(32, 'g')).error().code == ErrorCode::kBadInput);
}

TEST_CASE("the first chunk id of the format stays what it is") {
  // SHA-256 over the five fields, each after its length as 8 bytes little-endian; numbers as 8 bytes, without one.
  CHECK(make_chunk_id("file:///a.txt", "00", "txt/1", 0, 5).hex() == "e43f36ad8177db32677ce725b74b3f5f");
}
