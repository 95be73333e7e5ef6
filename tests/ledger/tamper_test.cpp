// What somebody with sqlite3 and the file can do to a ledger, and how each of it is called.
#include <algorithm>

#include "ledger/entry_codec.h"
#include "support.h"

using namespace grounds;
using namespace grounds::test;

namespace {

constexpr int kAnswers = 6;  // records 1 to 12; odd ones opened with two texts, even ones closed with one

struct Tampered : LedgerFixture {
  Tampered() { fill(kAnswers); }
  std::string after(const std::string& statements, const std::optional<LedgerHead>& head = {}) {
    sql(statements);
    const VerifyResult result = verify(head);
    CHECK(result.ok == result.problems.empty());
    return summary(result);
  }
};

// What an intruder who knows the format does: rewrites hashes and links from `first` on.
std::string rebuild(LedgerFixture& fixture, int first) {
  std::string statements;
  std::string previous = fixture.query("SELECT hash FROM entries WHERE sequence = " + std::to_string(first - 1));
  if (first == 1) previous = std::string(kNoHash);
  const int last = std::stoi(fixture.query("SELECT max(sequence) FROM entries"));
  for (int i = first; i <= last; ++i) {
    const auto column = [&](const std::string& name) {
      return fixture.query("SELECT " + name + " FROM entries WHERE sequence = " + std::to_string(i));
    };
    const std::string id = column("answer_id"), kind = column("kind"), commitments = column("commitments"),
                      body = column("body");
    const std::string hash = entry_hash({.sequence = i,
                                         .answer_id = id,
                                         .kind = kind,
                                         .time = std::stoll(column("time")),
                                         .hash_alg = kHashAlgorithm,
                                         .previous = previous,
                                         .hash = {},
                                         .commitments = commitments,
                                         .body = body});
    statements += "UPDATE entries SET previous = '" + previous + "', hash = '" + hash +
                  "' WHERE sequence = " + std::to_string(i) + ";";
    previous = hash;
  }
  return statements;
}

}  // namespace

TEST_CASE("an untouched ledger verifies") {
  Tampered ledger;
  const VerifyResult result = ledger.verify();
  CHECK(result.ok);
  CHECK(result.records == 2 * kAnswers);
  CHECK(result.head == must(ledger.ledger->head()).hash);
  CHECK(ledger.verify(must(ledger.ledger->head())).ok);
  CHECK(LedgerFixture().verify().ok);  // an empty one as well
}

TEST_CASE("an edit of any hashed column of a record is found at that record") {
  for (const char* change : {"time = time + 1", "body = replace(body, 'docs/', 'dogs/')", "body = '{}'",
                             "answer_id = '01ARZ3NDEKTSV4RRFFQ69G5FAV'", "kind = 'erased'",
                             "commitments = '{}'", "previous = '" "1111111111111111111111111111111111111111111111111111111111111111" "'"}) {
    Tampered ledger;
    CAPTURE(change);
    const std::string found = ledger.after("UPDATE entries SET " + std::string(change) + " WHERE sequence = 6");
    CHECK(found.find("hash@6") != std::string::npos);
  }
}

TEST_CASE("an edited body and an edited hash column are told apart") {
  Tampered body;
  body.sql("UPDATE entries SET body = '{}' WHERE sequence = 6");
  auto result = body.verify();
  REQUIRE(summary(result) == "hash@6");
  CHECK(result.problems[0].detail.find("its content was changed after") == 0);

  Tampered hash;
  hash.sql("UPDATE entries SET hash = '" + std::string(64, 'a') + "' WHERE sequence = 6");
  result = hash.verify();
  REQUIRE(summary(result) == "hash@6");
  CHECK(result.problems[0].detail.find("its stored hash was changed") == 0);
}

TEST_CASE("an edit of the last record is found without a record after it") {
  CHECK(Tampered().after("UPDATE entries SET body = '{}' WHERE sequence = 12") == "hash@12");
}

TEST_CASE("an edit that also rewrites the record's own hash breaks the link of the next one") {
  Tampered ledger;
  ledger.sql("UPDATE entries SET body = '{}' WHERE sequence = 6");
  std::string statements = rebuild(ledger, 6);
  statements.resize(statements.find(';') + 1);  // record 6 alone
  CHECK(ledger.after(statements) == "previous@7");
}

TEST_CASE("columns that hold what no record can hold are malformed") {
  CHECK(Tampered().after("UPDATE entries SET kind = 'other' WHERE sequence = 6").find("malformed@6") == 0);
  CHECK(Tampered().after("UPDATE entries SET body = 'x' WHERE sequence = 6") == "malformed@6");
  CHECK(Tampered().after("UPDATE entries SET hash_alg = 'md5' WHERE sequence = 6") == "malformed@6");
  CHECK(Tampered().after("UPDATE entries SET commitments = '' WHERE sequence = 6") == "malformed@6");
}

TEST_CASE("bytes moved from one column to the next keep the hash and are malformed") {
  Tampered ledger;
  // The bytes of the entry stay the same; only the border between the columns moves.
  CHECK(ledger.after("UPDATE entries SET body = body || ',\"commitments\":' || commitments || ',\"hash_alg\":\"sha256\"', "
                     "commitments = '' WHERE sequence = 6")
            .find("malformed@6") == 0);
}

TEST_CASE("a deleted record is a gap, also several in a row") {
  // The texts stay behind: record 6 is a closed one with one text, record 5 an opened one with two.
  CHECK(Tampered().after("DELETE FROM entries WHERE sequence = 6") == "gap@6 orphan_text@6");
  CHECK(Tampered().after("DELETE FROM entries WHERE sequence = 6; DELETE FROM texts WHERE sequence = 6") == "gap@6");
  CHECK(Tampered().after("DELETE FROM entries WHERE sequence BETWEEN 3 AND 6; DELETE FROM texts WHERE sequence BETWEEN 3 AND 6") ==
        "gap@3");
  CHECK(Tampered().after("DELETE FROM entries WHERE sequence = 5; DELETE FROM texts WHERE sequence = 5") == "gap@5 order@6");
  CHECK(Tampered().after("DELETE FROM entries WHERE sequence = 1; DELETE FROM texts WHERE sequence = 1") == "gap@1 order@2");
}

TEST_CASE("swapped records are named with the numbers they had") {
  const auto swap = [](int a, int b) {
    const std::string x = std::to_string(a), y = std::to_string(b);
    std::string statements;
    for (const char* table : {"entries", "texts"})
      statements += "UPDATE " + std::string(table) + " SET sequence = -1 WHERE sequence = " + x + "; UPDATE " + table +
                    " SET sequence = " + x + " WHERE sequence = " + y + "; UPDATE " + table + " SET sequence = " + y +
                    " WHERE sequence = -1;";
    return statements;
  };
  for (const auto& [a, b] : {std::pair(3, 4), std::pair(4, 9), std::pair(1, 12)}) {
    Tampered ledger;
    CAPTURE(a);
    ledger.sql(swap(a, b));
    const VerifyResult result = ledger.verify();
    CAPTURE(summary(result));
    for (const auto& [here, there] : {std::pair(a, b), std::pair(b, a)}) {
      bool named = false;
      for (const LedgerProblem& problem : result.problems)
        named = named || (problem.record == here && problem.kind == "order" &&
                          problem.detail == "it holds the entry that was record " + std::to_string(there));
      CHECK(named);
    }
    for (const LedgerProblem& problem : result.problems)
      CHECK((problem.record == a || problem.record == b || problem.record == a + 1 || problem.record == b + 1));
  }
}

TEST_CASE("an inserted record is found, and those it pushed up are named as what they were") {
  Tampered ledger;
  ledger.sql("UPDATE entries SET sequence = -sequence WHERE sequence >= 5; UPDATE entries SET sequence = 1 - sequence WHERE sequence < 0;"
             "UPDATE texts SET sequence = -sequence WHERE sequence >= 5; UPDATE texts SET sequence = 1 - sequence WHERE sequence < 0;"
             "INSERT INTO entries SELECT 5, answer_id, 'opened', time, hash_alg, hash, hash, '{}', '{}' FROM entries WHERE sequence = 4");
  const VerifyResult result = ledger.verify();
  CAPTURE(summary(result));
  CHECK(summary(result).find("hash@5") != std::string::npos);
  int displaced = 0;
  for (const LedgerProblem& problem : result.problems)
    displaced += problem.kind == "order" && problem.record > 5 &&
                 problem.detail == "it holds the entry that was record " + std::to_string(problem.record - 1);
  CHECK(displaced == 8);
}

TEST_CASE("a record that is put at the end must continue the chain and make sense") {
  Tampered ledger;
  // A forger who knows the format: the chain is right, the answer is closed a second time.
  ledger.sql("INSERT INTO entries SELECT 13, answer_id, kind, time, hash_alg, hash, hash, '{}', '{}' FROM entries WHERE sequence = 12");
  CHECK(ledger.after(rebuild(ledger, 13)) == "order@13");
  CHECK(Tampered().after("INSERT INTO entries SELECT 13, answer_id, kind, time, hash_alg, hash, hash, '{}', '{}' FROM entries "
                         "WHERE sequence = 12")
            .find("hash@13") == 0);
  CHECK(Tampered().after("INSERT INTO entries SELECT -4, answer_id, kind, time, hash_alg, previous, hash, '{}', '{}' FROM "
                         "entries WHERE sequence = 12")
            .find("order@-4") == 0);
}

TEST_CASE("a tail that was cut off is found by what it left behind, by an anchor, and by the kept head") {
  CHECK(Tampered().after("DELETE FROM entries WHERE sequence > 10") == "truncated@11 truncated@12");
  const std::string cut = "DELETE FROM entries WHERE sequence > 10; DELETE FROM texts WHERE sequence > 10";
  Tampered ledger;
  const LedgerHead head = must(ledger.ledger->head());
  CHECK(ledger.after(cut) == "");  // nothing in the file tells it
  CHECK(summary(ledger.verify(head)) == "truncated@11");

  Tampered anchored;
  must(anchored.ledger->anchor());
  CHECK(anchored.after(cut) == "truncated@11");
}

TEST_CASE("a chain rebuilt with all its hashes is found by the kept head only") {
  Tampered ledger;
  const LedgerHead head = must(ledger.ledger->head());
  ledger.fill(2);
  ledger.sql("UPDATE entries SET body = '{\"verdict\":\"supported\"}' WHERE sequence = 6");
  CHECK(ledger.after(rebuild(ledger, 6)) == "");
  const VerifyResult result = ledger.verify(head);
  CHECK(summary(result) == "rebuilt@12");
  CHECK_FALSE(result.anchored);
  CHECK(result.unanchored_since == 1'767'225'601'000);
}

TEST_CASE("a chain rebuilt behind the kept head is as good as new") {
  Tampered ledger;
  const LedgerHead head = must(ledger.ledger->head());
  ledger.fill(2);
  ledger.sql("UPDATE entries SET body = '{}' WHERE sequence = 14");
  CHECK(ledger.after(rebuild(ledger, 13), head) == "");
  CHECK(ledger.verify(head).unanchored_since);  // which is what this says
}

TEST_CASE("an edited text or salt breaks its commitment") {
  CHECK(Tampered().after("UPDATE texts SET text = text || '.' WHERE sequence = 5 AND name = 'question'") == "commitment@5");
  CHECK(Tampered().after("UPDATE texts SET salt = zeroblob(32) WHERE sequence = 5 AND name = 'question'") == "commitment@5");
  CHECK(Tampered().after("UPDATE texts SET answer_id = 'x' WHERE sequence = 5 AND name = 'question'") == "commitment@5");
}

TEST_CASE("bytes moved from the text into its salt break the commitment, though the hash stays") {
  Tampered ledger;
  const std::string id = ledger.ledger->new_answer_id();
  must(ledger.ledger->append_opened(id, {Json::object(), {{"question", "not really"}}}));
  CHECK(ledger.after("UPDATE texts SET salt = CAST(salt || 'not ' AS BLOB), text = 'really' WHERE answer_id = '" + id + "'") ==
        "commitment@13");
}

TEST_CASE("a deleted, blanked, added or renamed text is named") {
  CHECK(Tampered().after("DELETE FROM texts WHERE sequence = 5 AND name = 'question'") == "missing_text@5");
  CHECK(Tampered().after("DELETE FROM texts") == "missing_text@1 missing_text@1 missing_text@2 missing_text@3 missing_text@3 "
                                                 "missing_text@4 missing_text@5 missing_text@5 missing_text@6 missing_text@7 "
                                                 "missing_text@7 missing_text@8 missing_text@9 missing_text@9 missing_text@10 "
                                                 "missing_text@11 missing_text@11 missing_text@12");
  CHECK(Tampered().after("UPDATE texts SET text = NULL, salt = NULL WHERE sequence = 5 AND name = 'question'") == "missing_text@5");
  CHECK(Tampered().after("UPDATE texts SET text = NULL, salt = NULL, erased = 1 WHERE sequence = 5 AND name = 'question'") ==
        "missing_text@5");  // says so, but no record does
  CHECK(Tampered().after("INSERT INTO texts VALUES (5, 'zzz', 'x', NULL, NULL, 'added')") == "unknown_text@5");
  CHECK(Tampered().after("UPDATE texts SET name = 'aaa' WHERE sequence = 5 AND name = 'question'") == "unknown_text@5 missing_text@5");
}

TEST_CASE("more problems than are listed are still counted") {
  LedgerFixture ledger;
  for (int i = 0; i < 600; ++i) {
    const std::string id = ledger.ledger->new_answer_id();
    must(ledger.ledger->append_complete(id, {Json::object(), {}}, {Json::object(), {}}));
  }
  ledger.sql("UPDATE entries SET body = '{\"a\":1}'");
  const VerifyResult result = ledger.verify();
  CHECK(result.problems.size() == VerifyResult::kMaxProblems);
  CHECK(result.problem_count == 1200);
}

TEST_CASE("random edits of random cells never pass, wherever they fall") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    LedgerFixture ledger(seed);
    ledger.fill(3);
    const std::vector<std::string> columns = {"answer_id", "kind", "time", "hash_alg", "previous", "hash", "commitments", "body"};
    const auto sequence = static_cast<std::int64_t>(ledger.numbers() % 6 + 1);
    const std::string column = columns[ledger.numbers() % columns.size()];
    const std::string where = " WHERE sequence = " + std::to_string(sequence);
    const std::string before = ledger.query("SELECT " + column + " FROM entries" + where);
    const std::size_t at = ledger.numbers() % before.size();
    std::string value = before;
    value[at] = value[at] == '7' ? '8' : '7';
    std::string quoted;
    for (const char c : value) quoted += c == '\'' ? "''" : std::string(1, c);
    CAPTURE(column);
    CAPTURE(value);
    ledger.sql("UPDATE entries SET " + column + " = '" + quoted + "'" + where);
    const VerifyResult result = ledger.verify();
    CHECK_FALSE(result.ok);
    REQUIRE_FALSE(result.problems.empty());
    CHECK(std::any_of(result.problems.begin(), result.problems.end(),
                      [&](const LedgerProblem& problem) { return problem.record == sequence; }));
  }
}
