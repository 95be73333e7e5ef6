// What the ledger's tests share: a ledger in a folder of its own, content from a seed, and sqlite3 as an
// intruder would use it.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tests/base/temp_directory.h"
#include "ledger/ledger.h"

namespace grounds::test {

// The value, or the test fails with the error's message.
template <class Value>
Value must(Result<Value> result) {
  if (!result) FAIL(result.error().message);
  return std::move(*result);
}
inline void must(const Status& status) {
  if (!status) FAIL(status.error().message);
}

EntryContent random_content(std::mt19937_64& random, std::vector<std::string> names);

// Makes syncs cheap where durability is not what is tested.
class NoSyncs final : public IoObserver {
 public:
  IoDecision before(const IoCall& call) override {
    const bool sync = call.operation == IoOperation::kSync || call.operation == IoOperation::kSyncDirectory;
    return {.error = 0, .limit = SIZE_MAX, .skip = sync};
  }
  void after(const IoCall&, int) override {}
};

struct LedgerFixture {
  explicit LedgerFixture(std::uint64_t seed = 1);
  void reopen() { ledger = must(Ledger::open(files, path, clock, random)); }

  // Appends `count` closed answers, one after the other; returns their ids.
  std::vector<std::string> fill(int count);
  // Runs SQL through a plain connection of SQLite, as from its shell.
  void sql(const std::string& statements);
  std::string query(const std::string& statement);
  VerifyResult verify(const std::optional<LedgerHead>& head = {}) { return must(ledger->verify(head)); }

  TempDirectory directory;
  std::string path = directory / "ledger.db";
  FileSystem files{std::make_shared<NoSyncs>()};
  FixedClock clock{1'767'225'600'000};
  SeededRandom random;
  std::mt19937_64 numbers;
  std::unique_ptr<Ledger> ledger;
};

// "kind@record ..." of all problems, in order: what tests compare.
std::string summary(const VerifyResult& result);
std::string summary(const std::vector<LedgerProblem>& problems);

}  // namespace grounds::test
