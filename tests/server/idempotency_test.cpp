#include "server/idempotency.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace grounds;
using State = IdempotencyKeys::State;

TEST_CASE("a key gives the first response again, and tells another body and one at work") {
  IdempotencyKeys keys;
  KeptResponse kept;
  CHECK(keys.begin("a", "hash", 0, &kept) == State::kNew);
  CHECK(keys.begin("a", "hash", 0, &kept) == State::kRunning);
  CHECK(keys.begin("a", "other", 0, &kept) == State::kOtherBody);
  keys.finish("a", {201, "application/json", "{}"});
  CHECK(keys.begin("a", "hash", 1, &kept) == State::kKept);
  CHECK(kept.status == 201);
  CHECK(kept.body == "{}");
  CHECK(keys.begin("a", "hash", IdempotencyKeys::kAge + 1, &kept) == State::kNew);
}

TEST_CASE("what failed leaves nothing behind, however often it is tried") {
  IdempotencyKeys keys(10, 1 << 20);
  KeptResponse kept;
  for (int i = 0; i < 100'000; ++i) {
    REQUIRE(keys.begin("key" + std::to_string(i % 3), "hash", 0, &kept) == State::kNew);
    keys.drop("key" + std::to_string(i % 3));
  }
  CHECK(keys.count() == 0);
  CHECK(keys.bytes() == 0);
}

TEST_CASE("count and bytes stay within their bounds, the oldest go first and what is at work stays") {
  std::mt19937 random(11);
  INFO("seed 11");
  IdempotencyKeys keys(50, 20'000);
  KeptResponse kept;
  REQUIRE(keys.begin("at work", "hash", 0, &kept) == State::kNew);
  for (int i = 0; i < 2'000; ++i) {
    const std::string key = "key" + std::to_string(i);
    REQUIRE(keys.begin(key, "hash", i, &kept) == State::kNew);
    keys.finish(key, {200, "t", std::string(random() % 1'000, 'x')});
    CHECK(keys.count() <= 51);
    CHECK(keys.bytes() <= 20'000);
  }
  CHECK(keys.begin("key1999", "hash", 2'000, &kept) == State::kKept);
  CHECK(keys.begin("at work", "hash", 2'000, &kept) == State::kRunning);
  CHECK(keys.begin("key0", "hash", 2'000, &kept) == State::kNew);
}

TEST_CASE("a response that is larger than all the room is not kept") {
  IdempotencyKeys keys(10, 10'000);
  KeptResponse kept;
  REQUIRE(keys.begin("a", "hash", 0, &kept) == State::kNew);
  keys.finish("a", {200, "t", std::string(20'000, 'x')});
  CHECK(keys.count() == 0);
}
