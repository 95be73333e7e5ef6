#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "support.h"

using namespace grounds;
using namespace grounds::test;

TEST_CASE("opened and closed entries continue one chain") {
  LedgerFixture fixture;
  const std::string id = fixture.ledger->new_answer_id();
  const LedgerEntry opened = must(fixture.ledger->append_opened(id, {{{"k", 10}}, {{"question", "q"}}}));
  CHECK(opened.sequence == 1);
  CHECK(opened.previous == std::string(64, '0'));
  CHECK(opened.body == Json{{"k", 10}});
  CHECK(opened.commitments.contains("question"));
  fixture.clock.advance(5);
  const LedgerEntry closed = must(fixture.ledger->append_closed(id, {{{"verdict", "supported"}}, {{"response", "r"}}}));
  CHECK(closed.sequence == 2);
  CHECK(closed.previous == opened.hash);
  CHECK(closed.time == opened.time + 5);
  const LedgerHead head = must(fixture.ledger->head());
  CHECK(head.records == 2);
  CHECK(head.hash == closed.hash);
  CHECK(summary(fixture.verify()) == "");
}

TEST_CASE("an answer is opened once and closed once, in this order") {
  LedgerFixture fixture;
  const std::string id = fixture.ledger->new_answer_id();
  const auto code = [](const auto& result) {
    REQUIRE_FALSE(result);
    return result.error().code;
  };
  CHECK(code(fixture.ledger->append_closed(id, {Json::object(), {}})) == ErrorCode::kNotFound);
  must(fixture.ledger->append_opened(id, {Json::object(), {{"question", "q"}}}));
  CHECK(code(fixture.ledger->append_opened(id, {Json::object(), {}})) == ErrorCode::kUsage);
  CHECK(code(fixture.ledger->append_complete(id, {Json::object(), {}}, {Json::object(), {}})) == ErrorCode::kUsage);
  CHECK(code(fixture.ledger->append_closed(id, {Json::object(), {{"question", "again"}}})) == ErrorCode::kUsage);
  must(fixture.ledger->append_closed(id, {Json::object(), {}}));
  CHECK(code(fixture.ledger->append_closed(id, {Json::object(), {}})) == ErrorCode::kUsage);
  CHECK(code(fixture.ledger->append_opened(id, {Json::object(), {}})) == ErrorCode::kUsage);
  const std::string other = fixture.ledger->new_answer_id();
  CHECK(code(fixture.ledger->append_complete(other, {Json::object(), {{"x", "1"}}}, {Json::object(), {{"x", "2"}}})) ==
        ErrorCode::kUsage);
  CHECK(must(fixture.ledger->head()).records == 2);
  CHECK(summary(fixture.verify()) == "");
}

TEST_CASE("what is refused changes nothing for those who share its commit") {
  LedgerFixture fixture;
  const std::string taken = fixture.fill(1).front();
  std::atomic<int> good = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string id = t % 2 == 0 ? taken : fixture.ledger->new_answer_id();
        if (fixture.ledger->append_opened(id, {Json::object(), {}})) ++good;
        else ++refused;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 80);
  CHECK(refused == 80);
  CHECK(must(fixture.ledger->head()).records == 82);
  CHECK(summary(fixture.verify()) == "");
}

TEST_CASE("random appends from eight threads and two ledgers on one file make one chain that holds it all") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    CAPTURE(seed);
    LedgerFixture fixture(seed);
    // A second ledger object stands for another process: it shares nothing but the file.
    SeededRandom other_random(seed + 1000);
    const auto other = must(Ledger::open(fixture.files, fixture.path, fixture.clock, other_random));
    std::mutex mutex;
    std::map<std::string, std::map<std::string, std::string>> expected;  // id -> texts
    std::map<std::string, bool> closed;
    std::map<std::int64_t, std::string> acknowledged;  // sequence -> hash
    std::vector<std::string> errors;
    const auto work = [&](Ledger& ledger, std::uint64_t thread_seed) {
      std::mt19937_64 random(thread_seed);
      for (int i = 0; i < 15; ++i) {
        const std::string id = ledger.new_answer_id();
        EntryContent opened = random_content(random, {"question", "prompt"});
        EntryContent end = random_content(random, {"response", "attempt/1.raw"});
        std::map<std::string, std::string> texts = opened.texts;
        const auto how = random() % 3;
        std::vector<Result<LedgerEntry>> results;
        if (how == 0) {
          texts.insert(end.texts.begin(), end.texts.end());
          auto both = ledger.append_complete(id, std::move(opened), std::move(end));
          if (both) {
            results.emplace_back(std::move(both->first));
            results.emplace_back(std::move(both->second));
          } else {
            results.emplace_back(fail(both.error()));
          }
        } else {
          results.push_back(ledger.append_opened(id, std::move(opened)));
          if (how == 1) {
            texts.insert(end.texts.begin(), end.texts.end());
            results.push_back(ledger.append_closed(id, std::move(end)));
          }
        }
        const std::lock_guard lock(mutex);
        expected[id] = std::move(texts);
        closed[id] = how != 2;
        for (const auto& result : results) {
          if (!result) errors.push_back(result.error().message);
          else acknowledged[result->sequence] = result->hash;
        }
      }
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&, t] { work(t < 5 ? *fixture.ledger : *other, seed * 100 + static_cast<std::uint64_t>(t)); });
    for (std::thread& thread : threads) thread.join();
    REQUIRE(errors == std::vector<std::string>{});

    const VerifyResult verified = fixture.verify();
    CHECK(summary(verified) == "");
    CHECK(verified.records == static_cast<std::int64_t>(acknowledged.size()));
    CHECK(acknowledged.rbegin()->first == verified.records);  // no gaps
    CHECK(acknowledged.rbegin()->second == verified.head);
    std::int64_t open = 0;
    for (const auto& [id, texts] : expected) {
      const RecordedAnswer answer = must(fixture.ledger->find(id));
      CHECK(answer.texts == texts);
      CHECK(answer.closed.has_value() == closed[id]);
      CHECK(answer.problems.empty());
      CHECK(acknowledged[answer.opened.sequence] == answer.opened.hash);
      open += closed[id] ? 0 : 1;
    }
    CHECK(verified.open_answers == open);
  }
}

TEST_CASE("ids are given out once, in order") {
  LedgerFixture fixture;
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = fixture.ledger->new_answer_id();
    CHECK(id > last);
    last = id;
  }
}
