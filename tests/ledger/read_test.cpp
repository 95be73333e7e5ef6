#include "support.h"

using namespace grounds;
using namespace grounds::test;

TEST_CASE("an answer is found with everything that was recorded") {
  LedgerFixture fixture;
  fixture.fill(3);
  const std::string id = fixture.ledger->new_answer_id();
  const EntryContent opened = random_content(fixture.numbers, {"question", "prompt"});
  const EntryContent closed = random_content(fixture.numbers, {"response"});
  must(fixture.ledger->append_complete(id, opened, closed));
  fixture.fill(3);
  fixture.reopen();
  const RecordedAnswer answer = must(fixture.ledger->find(id));
  CHECK(answer.answer_id == id);
  CHECK(answer.opened.body == opened.body);
  REQUIRE(answer.closed);
  CHECK(answer.closed->body == closed.body);
  auto texts = opened.texts;
  texts.insert(closed.texts.begin(), closed.texts.end());
  CHECK(answer.texts == texts);
  CHECK(answer.erased.empty());
  CHECK(answer.problems.empty());
}

TEST_CASE("an unknown id is not found") {
  LedgerFixture fixture;
  const std::string foreign = LedgerFixture(9).fill(1).front();
  for (const std::string& id : {foreign, std::string(), std::string("' OR 1=1 --"), std::string("\xff")}) {
    const auto answer = fixture.ledger->find(id);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::kNotFound);
  }
}

TEST_CASE("the list shows the newest first, in pages, and says what was interrupted") {
  LedgerFixture fixture;
  std::vector<std::string> ids = fixture.fill(3);
  const std::string open = fixture.ledger->new_answer_id();
  must(fixture.ledger->append_opened(open, {Json::object(), {{"question", "still?"}}}));
  ids.push_back(open);
  ids.push_back(fixture.fill(1).front());

  const auto all = must(fixture.ledger->list(100));
  REQUIRE(all.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(all[i].answer_id == ids[4 - i]);
    CHECK(all[i].closed == (all[i].answer_id != open));
  }
  CHECK(all[1].question == "still?");
  const auto page = must(fixture.ledger->list(2, ids[3]));
  REQUIRE(page.size() == 2);
  CHECK(page[0].answer_id == ids[2]);
  CHECK(page[1].answer_id == ids[1]);
  CHECK(must(fixture.ledger->list(2, ids[0])).empty());
  CHECK(fixture.ledger->list(2, "nobody").error().code == ErrorCode::kNotFound);
  CHECK_FALSE(must(fixture.ledger->find(open)).closed);
  CHECK(fixture.verify().open_answers == 1);
}

TEST_CASE("a damaged text, record or body is named and the rest stays readable") {
  LedgerFixture fixture;
  const auto ids = fixture.fill(4);
  fixture.sql("UPDATE texts SET text = 'forged' WHERE sequence = 3 AND name = 'question'");
  fixture.sql("UPDATE entries SET time = time + 1 WHERE sequence = 5");
  fixture.sql("UPDATE entries SET body = '{' WHERE sequence = 7");

  const RecordedAnswer forged = must(fixture.ledger->find(ids[1]));
  CHECK(summary(forged.problems) == "commitment@3");
  CHECK_FALSE(forged.texts.contains("question"));
  CHECK(forged.texts.contains("prompt"));
  CHECK(summary(must(fixture.ledger->find(ids[2])).problems) == "hash@5");
  CHECK(fixture.ledger->find(ids[3]).error().code == ErrorCode::kDamaged);
  CHECK(must(fixture.ledger->find(ids[0])).problems.empty());
  CHECK(must(fixture.ledger->list(10)).size() == 4);
  fixture.fill(1);  // and appending goes on
}

TEST_CASE("a clock that went back is noted, and breaks nothing") {
  LedgerFixture fixture;
  fixture.fill(2);
  fixture.clock.advance(-3'600'000);
  const auto ids = fixture.fill(1);
  const VerifyResult result = fixture.verify();
  CHECK(result.ok);
  CHECK(summary(result.notes) == "clock@5");
  CHECK(must(fixture.ledger->list(1)).front().answer_id == ids[0]);
}
