#include <cctype>

#include "base/hash.h"
#include "base/sqlite.h"
#include "support.h"

using namespace grounds;
using namespace grounds::test;

namespace {

const std::string kSecret = "Frau Mustermann, Konto 4711-XYZZY";

std::string record_secret(LedgerFixture& fixture, std::size_t repeat = 1) {
  const std::string id = fixture.ledger->new_answer_id();
  std::string text;
  for (std::size_t i = 0; i < repeat; ++i) text += kSecret;
  must(fixture.ledger->append_complete(id, {{{"k", 1}}, {{"question", text}, {"prompt", "p " + text}}},
                                       {{{"verdict", "supported"}}, {{"response", text}}}));
  return id;
}

bool bytes_remain(const LedgerFixture& fixture, const std::string& bytes) {
  for (const char* suffix : {"", "-wal"}) {
    const std::string path = fixture.path + suffix;
    if (fixture.files.exists(path) && must(fixture.files.read(path)).find(bytes) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("erased texts are gone with their salts, and the chain verifies") {
  LedgerFixture fixture;
  fixture.fill(3);
  const std::string id = record_secret(fixture);
  fixture.fill(3);
  const LedgerHead head = must(fixture.ledger->head());
  const ErasureReceipt receipt = must(fixture.ledger->erase_texts({id}, {}, "request 12"));
  CHECK(receipt.answers == 1);
  CHECK(receipt.texts == 3);
  CHECK(receipt.unknown.empty());

  const RecordedAnswer answer = must(fixture.ledger->find(id));
  CHECK(answer.texts.empty());
  CHECK(answer.erased == std::vector<std::string>{"prompt", "question", "response"});
  CHECK(answer.problems.empty());
  CHECK(answer.opened.commitments.size() == 2);  // the commitments stay
  CHECK(summary(fixture.verify(head)) == "");
  CHECK(fixture.query("SELECT count(*) FROM texts WHERE answer_id = '" + id + "' AND (salt IS NOT NULL OR text IS NOT NULL)") == "0");
  CHECK(must(fixture.ledger->list(4)).back().question.empty());
}

TEST_CASE("an erasure is a record of its own") {
  LedgerFixture fixture;
  const std::string id = record_secret(fixture);
  must(fixture.ledger->erase_texts({id}, {"response"}, "request 12"));
  CHECK(fixture.query("SELECT body FROM entries WHERE kind = 'erased' AND answer_id = '" + id + "'") ==
        R"({"names":["response"],"reason":"request 12"})");
  const RecordedAnswer answer = must(fixture.ledger->find(id));
  CHECK(answer.erased == std::vector<std::string>{"response"});
  CHECK(answer.texts.at("question") == kSecret);
  // Whoever takes that record out, or blanks one more text, is found.
  fixture.sql("UPDATE texts SET text = NULL, salt = NULL, erased = 5 WHERE name = 'question'");
  CHECK(summary(fixture.verify()) == "missing_text@1");
}

TEST_CASE("a text that comes back after it was erased is named") {
  LedgerFixture fixture;
  const std::string id = record_secret(fixture);
  fixture.sql("CREATE TABLE kept AS SELECT * FROM texts");
  must(fixture.ledger->erase_texts({id}, {"response"}, "request 12"));
  fixture.sql("DELETE FROM texts; INSERT INTO texts SELECT * FROM kept");
  CHECK(summary(fixture.verify()) == "not_erased@2");
}

TEST_CASE("no byte of an erased text stays in the database or its log") {
  for (const std::size_t repeat : {1, 20, 2000}) {  // within a page, across pages, in overflow pages
    CAPTURE(repeat);
    LedgerFixture fixture;
    fixture.fill(5);
    const std::string id = record_secret(fixture, repeat);
    fixture.fill(5);
    const std::string salt = fixture.query("SELECT hex(salt) FROM texts WHERE answer_id = '" + id + "' AND name = 'question'");
    REQUIRE(bytes_remain(fixture, "4711-XYZZY"));
    const std::string salt_bytes = must(from_hex([&] {
      std::string lower = salt;
      for (char& c : lower) c = static_cast<char>(std::tolower(c));
      return lower;
    }()));
    REQUIRE(bytes_remain(fixture, salt_bytes));
    CHECK(must(fixture.ledger->erase_texts({id}, {}, "request 12")).log_truncated);
    CHECK_FALSE(bytes_remain(fixture, "4711-XYZZY"));
    CHECK_FALSE(bytes_remain(fixture, salt_bytes));
  }
}

TEST_CASE("a reader in the way is reported, since the log keeps the bytes") {
  LedgerFixture fixture;
  const std::string id = record_secret(fixture);
  Database reader = must(Database::open(fixture.files, fixture.path, DatabaseMode::kReadOnly));
  {
    const ReadTransaction reading = must(ReadTransaction::begin(reader));
    CHECK_FALSE(must(fixture.ledger->erase_texts({id}, {}, "request 12")).log_truncated);
    CHECK(must(fixture.ledger->find(id)).texts.empty());
  }
  CHECK(must(fixture.ledger->erase_texts({id}, {}, "again")).log_truncated);
  CHECK_FALSE(bytes_remain(fixture, "4711-XYZZY"));
}

TEST_CASE("erasing twice, unknown ids and unknown names change nothing") {
  LedgerFixture fixture;
  const std::string id = record_secret(fixture);
  must(fixture.ledger->erase_texts({id}, {}, "request 12"));
  const auto records = must(fixture.ledger->head()).records;
  const ErasureReceipt again = must(fixture.ledger->erase_texts({id, "nobody"}, {}, "request 12"));
  CHECK(again.answers == 0);
  CHECK(again.texts == 0);
  CHECK(again.unknown == std::vector<std::string>{"nobody"});
  CHECK(must(fixture.ledger->erase_texts({id}, {"nothing"}, "request 12")).texts == 0);
  CHECK(must(fixture.ledger->head()).records == records);
  CHECK(summary(fixture.verify()) == "");
}

TEST_CASE("texts of an open answer can be erased, and the answer closed afterwards") {
  LedgerFixture fixture;
  const std::string id = fixture.ledger->new_answer_id();
  must(fixture.ledger->append_opened(id, {Json::object(), {{"question", kSecret}}}));
  must(fixture.ledger->erase_texts({id}, {}, "request 12"));
  must(fixture.ledger->append_closed(id, {Json::object(), {{"response", "r"}}}));
  const RecordedAnswer answer = must(fixture.ledger->find(id));
  CHECK(answer.erased == std::vector<std::string>{"question"});
  CHECK(answer.texts.at("response") == "r");
  CHECK(summary(fixture.verify()) == "");
}

TEST_CASE("pruning erases what is older and nothing else, in many commits") {
  LedgerFixture fixture;
  const auto old = fixture.fill(450);
  fixture.clock.advance(1000);
  const UnixMillis border = fixture.clock.now();
  const auto recent = fixture.fill(5);
  const ErasureReceipt receipt = must(fixture.ledger->prune_texts(border, {"prompt"}, "retention 90 days"));
  CHECK(receipt.answers == 450);
  CHECK(receipt.texts == 450);
  CHECK(must(fixture.ledger->find(old[449])).erased == std::vector<std::string>{"prompt"});
  CHECK(must(fixture.ledger->find(recent[0])).erased.empty());
  CHECK(must(fixture.ledger->prune_texts(border, {}, "retention 90 days")).texts == 900);
  CHECK(must(fixture.ledger->prune_texts(border, {}, "retention 90 days")).texts == 0);
  CHECK(summary(fixture.verify()) == "");
}
