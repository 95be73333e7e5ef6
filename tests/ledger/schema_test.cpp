#include "support.h"

using namespace grounds;
using namespace grounds::test;

TEST_CASE("a ledger of a newer format is refused with a hint, and left alone") {
  LedgerFixture fixture;
  fixture.fill(1);
  fixture.sql("UPDATE meta SET value = '2' WHERE name = 'format_version'");
  const auto opened = Ledger::open(fixture.files, fixture.path, fixture.clock, fixture.random);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::kUsage);
  CHECK(opened.error().message.find("format version 2") != std::string::npos);
  CHECK_FALSE(opened.error().hint.empty());
  CHECK(fixture.query("SELECT count(*) FROM entries") == "2");
}

TEST_CASE("a ledger without a format version, or a file that is none, is damaged") {
  LedgerFixture fixture;
  fixture.sql("DELETE FROM meta WHERE name = 'format_version'");
  auto opened = Ledger::open(fixture.files, fixture.path, fixture.clock, fixture.random);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::kDamaged);

  const std::string other = fixture.directory / "other.db";
  must(fixture.files.write_durably(other, std::string(8192, 'x')));
  opened = Ledger::open(fixture.files, other, fixture.clock, fixture.random);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::kDamaged);
}

TEST_CASE("the file says which ledger it is, and keeps saying so") {
  LedgerFixture fixture;
  const std::string id = fixture.query("SELECT value FROM meta WHERE name = 'ledger_id'");
  CHECK(is_ulid(id));
  fixture.reopen();
  CHECK(fixture.query("SELECT value FROM meta WHERE name = 'ledger_id'") == id);
  CHECK(fixture.query("SELECT value FROM meta WHERE name = 'hash_alg'") == "sha256");
}

TEST_CASE("texts are plain UTF-8 in rowid tables, for sqlite3") {
  LedgerFixture fixture;
  const std::string id = fixture.ledger->new_answer_id();
  must(fixture.ledger->append_opened(id, {{{"k", 10}}, {{"question", "去年的销售额是多少？"}}}));
  CHECK(fixture.query("SELECT text FROM texts WHERE answer_id = '" + id + "' AND name = 'question' AND rowid > 0") ==
        "去年的销售额是多少？");
  CHECK(fixture.query("SELECT body FROM entries WHERE answer_id = '" + id + "'") == R"({"k":10})");
}
