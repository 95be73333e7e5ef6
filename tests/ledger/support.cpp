#include "support.h"

#include <sqlite3.h>

namespace grounds::test {
namespace {

std::string random_text(std::mt19937_64& random) {
  static const std::vector<std::string> kPieces = {"销售额", " revenue", "\n", "\"", "\\", "\xF0\x9F\x93\x88", " 2025 ",
                                                   "é", "\t", "a", "\x01", "}"};
  std::string text;
  for (std::size_t i = random() % 40; i > 0; --i) text += kPieces[random() % kPieces.size()];
  if (random() % 20 == 0) text += std::string(10'000, 'x');
  return text;
}

struct Connection {
  explicit Connection(const std::string& path) {
    REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  ~Connection() { sqlite3_close(handle); }
  sqlite3* handle = nullptr;
};

}  // namespace

EntryContent random_content(std::mt19937_64& random, std::vector<std::string> names) {
  EntryContent content;
  content.body = {{"generation", random() % 1000},
                  {"scores", Json::array({-0.25, 1e-7, 12345})},
                  {"settings", {{"k", 10}, {"zone", "Asia/Shanghai"}}},
                  {"uri", "docs/" + std::to_string(random() % 100) + ".md"}};
  if (random() % 4 == 0) content.body["long"] = std::string(6000, 'y');
  for (std::string& name : names) content.texts[std::move(name)] = random_text(random);
  return content;
}

LedgerFixture::LedgerFixture(std::uint64_t seed) : random(seed), numbers(seed) { reopen(); }

std::vector<std::string> LedgerFixture::fill(int count) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    clock.advance(1000);
    ids.push_back(ledger->new_answer_id());
    must(ledger->append_complete(ids.back(), random_content(numbers, {"question", "prompt"}),
                                 random_content(numbers, {"response"})));
  }
  return ids;
}

void LedgerFixture::sql(const std::string& statements) {
  const Connection connection(path);
  char* message = nullptr;
  const int code = sqlite3_exec(connection.handle, statements.c_str(), nullptr, nullptr, &message);
  if (code != SQLITE_OK) FAIL(statements << ": " << std::string(message ? message : "?"));
}

std::string LedgerFixture::query(const std::string& statement) {
  const Connection connection(path);
  sqlite3_stmt* row = nullptr;
  REQUIRE(sqlite3_prepare_v2(connection.handle, statement.c_str(), -1, &row, nullptr) == SQLITE_OK);
  std::string text;
  if (sqlite3_step(row) == SQLITE_ROW)
    if (const auto* value = reinterpret_cast<const char*>(sqlite3_column_text(row, 0))) text = value;
  sqlite3_finalize(row);
  return text;
}

std::string summary(const std::vector<LedgerProblem>& problems) {
  std::string text;
  for (const LedgerProblem& problem : problems)
    text += (text.empty() ? "" : " ") + problem.kind + "@" + std::to_string(problem.record);
  return text;
}

std::string summary(const VerifyResult& result) { return summary(result.problems); }

}  // namespace grounds::test
