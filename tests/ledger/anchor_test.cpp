#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "support.h"

using namespace grounds;
using namespace grounds::test;

namespace {

int mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

}  // namespace

TEST_CASE("an anchor is the signed head, and verify says from when on nothing is covered") {
  LedgerFixture fixture;
  CHECK_FALSE(fixture.verify().anchored);
  CHECK_FALSE(fixture.verify().unanchored_since);  // nothing there to cover
  fixture.fill(2);
  CHECK(fixture.verify().unanchored_since == fixture.clock.now() - 1000);

  const SignedHead anchor = must(fixture.ledger->anchor());
  CHECK(anchor.records == 4);
  CHECK(anchor.head == must(fixture.ledger->head()).hash);
  CHECK(anchor.time == fixture.clock.now());
  CHECK(signature_holds(anchor));
  VerifyResult result = fixture.verify();
  CHECK(result.anchored == format_time(anchor.time));
  CHECK_FALSE(result.unanchored_since);

  fixture.fill(1);
  const UnixMillis since = fixture.clock.now();
  fixture.fill(1);
  result = fixture.verify();
  CHECK(result.anchored == format_time(anchor.time));
  CHECK(result.unanchored_since == since);
}

TEST_CASE("a kept head covers records as an anchor does") {
  LedgerFixture fixture;
  fixture.fill(2);
  LedgerHead head = must(fixture.ledger->head());
  fixture.fill(1);
  VerifyResult result = fixture.verify(head);
  CHECK(result.ok);
  CHECK(result.anchored == head.hash);
  CHECK(result.unanchored_since == fixture.clock.now());
  head.time = 1'767'225'700'000;
  CHECK(fixture.verify(head).anchored == "2026-01-01T00:01:40.000Z");
  head.records = 3;
  CHECK(summary(fixture.verify(head)) == "rebuilt@3");
  CHECK(fixture.ledger->verify(LedgerHead{"nonsense", 3, 0}).error().code == ErrorCode::kUsage);
}

TEST_CASE("the key is made once, for its owner's eyes only, and signs on after a restart") {
  LedgerFixture fixture;
  const SignedHead first = must(fixture.ledger->anchor());  // of an empty ledger
  CHECK(first.records == 0);
  CHECK(mode_of(fixture.directory / "ledger.key") == 0600);
  CHECK_FALSE(fixture.files.exists(fixture.directory / "ledger.key.new"));
  fixture.reopen();
  fixture.fill(1);
  CHECK(must(fixture.ledger->anchor()).key == first.key);
  CHECK(must(fixture.files.read(fixture.directory / "ledger.key")).find("-----BEGIN PRIVATE KEY-----") == 0);
  CHECK(fixture.verify().ok);
}

TEST_CASE("many threads make one key") {
  LedgerFixture fixture;
  fixture.fill(1);
  SeededRandom other_random(77);
  const auto other = must(Ledger::open(fixture.files, fixture.path, fixture.clock, other_random));
  std::vector<std::string> keys(8);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < keys.size(); ++t)
    threads.emplace_back([&, t] {
      const auto anchor = (t % 2 == 0 ? *fixture.ledger : *other).anchor();
      if (anchor) keys[t] = anchor->key;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(keys[0].size() == 64);
  for (const std::string& key : keys) CHECK(key == keys[0]);
}

TEST_CASE("a key that others can read is refused, one that is no key is damage; appending goes on") {
  LedgerFixture fixture;
  must(fixture.ledger->anchor());
  const std::string path = fixture.directory / "ledger.key";
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  CHECK(fixture.ledger->anchor().error().code == ErrorCode::kRefused);
  CHECK(fixture.ledger->verify().error().code == ErrorCode::kRefused);
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(fixture.ledger->anchor());
  must(fixture.files.write_durably(path, "nonsense"));
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(fixture.ledger->anchor().error().code == ErrorCode::kDamaged);
  fixture.fill(1);
}

TEST_CASE("an anchor by another key counts for nothing and is noted") {
  LedgerFixture fixture;
  fixture.fill(1);
  const SignedHead lost = must(fixture.ledger->anchor());
  must(fixture.files.remove(fixture.directory / "ledger.key"));
  VerifyResult result = fixture.verify();
  CHECK(result.ok);
  CHECK(summary(result.notes) == "key@2");
  CHECK_FALSE(result.anchored);
  const SignedHead anchor = must(fixture.ledger->anchor());
  CHECK(anchor.key != lost.key);
  CHECK(fixture.verify().anchored);
}

TEST_CASE("an edited anchor is named") {
  for (const char* change : {"records = 1", "time = time + 1", "head = replace(head, 'a', 'b')",
                             "signature = replace(signature, '1', '2')", "key = replace(key, '1', '2')"}) {
    LedgerFixture fixture;
    fixture.fill(1);
    must(fixture.ledger->anchor());
    CAPTURE(change);
    fixture.sql("UPDATE anchors SET " + std::string(change));
    const VerifyResult result = fixture.verify();
    CHECK_FALSE(result.ok);
    CHECK(result.problems.at(0).kind == "anchor");
    CHECK_FALSE(result.anchored);
  }
}

TEST_CASE("a signed head is read back as it was written, and not with anything changed") {
  LedgerFixture fixture;
  fixture.fill(1);
  const SignedHead head = must(fixture.ledger->anchor());
  const Json object = signed_head_json(head);
  CHECK(must(parse_signed_head(object.dump())) == head);
  CHECK(must(parse_signed_head(object.dump(2))) == head);
  for (const auto& [name, value] : object.items()) {
    CAPTURE(name);
    Json changed = object;
    changed.erase(name);
    CHECK(parse_signed_head(changed.dump()).error().code == ErrorCode::kBadInput);
    changed = object;
    if (name == "records") {
      changed[name] = 7;
    } else {
      std::string text = value.get<std::string>();
      text[5] = text[5] == '1' ? '2' : '1';
      changed[name] = text;
    }
    CHECK(parse_signed_head(changed.dump()).error().code == ErrorCode::kBadInput);
  }
  Json more = object;
  more["extra"] = 1;
  CHECK_FALSE(parse_signed_head(more.dump()));
  for (const char* text : {"", "{}", "[]", "null", "{\"head\":1}"}) CHECK_FALSE(parse_signed_head(text));
}
