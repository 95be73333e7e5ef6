// The ledger: an append-only, hash-chained record of every answer, with its texts beside the chain.
// Bytes and schema: docs/formats/ledger.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/canonical_json.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "grounds/result.h"

namespace grounds {

enum class EntryKind { kOpened, kClosed };

// One link of the chain. `body` is a JSON object without texts: for each text it holds a salted
// commitment SHA-256(salt || text), so that the text and its salt can be erased later.
struct LedgerEntry {
  std::int64_t sequence = 0;           // 1, 2, ...; no gaps
  std::string answer_id;               // ULID
  EntryKind kind = EntryKind::kOpened;
  UnixMillis time = 0;
  Json body;
  std::string hash;                    // SHA-256 hex of the canonical entry, which holds `previous`
  std::string previous;                // hash of the entry before; 64 zeros for the first
};

// What the caller knows: a JSON object, and texts by name ("question", "prompt", "response", ...).
struct EntryContent {
  Json body;
  std::map<std::string, std::string> texts;
};

// An answer as recorded: both entries and the texts that are still there.
struct RecordedAnswer {
  std::string answer_id;
  LedgerEntry opened;
  std::optional<LedgerEntry> closed;   // absent: still running, or interrupted
  std::map<std::string, std::string> texts;
  std::vector<std::string> erased;     // names of texts that were erased
};

struct LedgerProblem {
  std::int64_t record = 0;             // sequence
  std::string kind;                    // "hash", "gap", "commitment", "missing_text", "order", "body", "truncated", ...
  std::string detail;
};

struct VerifyResult {
  bool ok = true;
  std::int64_t records = 0;
  std::string head;                    // hash of the last entry
  std::vector<LedgerProblem> problems;
};

// A head kept elsewhere: what `verify` is relative to.
struct LedgerHead {
  std::string hash;
  std::int64_t records = 0;
};

// Thread-safe. Appends of many threads share fsyncs (group commit). Other processes may append to the
// same file: the chain is extended under the database's lock file.
class Ledger {
 public:
  // Creates ledger.db if need be. References must outlive the ledger.
  static Result<std::unique_ptr<Ledger>> open(const FileSystem& file_system, const std::string& path,
                                              const Clock& clock, RandomSource& random);
  virtual ~Ledger() = default;

  virtual std::string new_answer_id() = 0;
  // Durable when it returns. The three ways to put an answer on record (design, law 7):
  // opened before the first byte of the answer,
  virtual Result<LedgerEntry> append_opened(const std::string& answer_id, EntryContent content) = 0;
  // closed at its end,
  virtual Result<LedgerEntry> append_closed(const std::string& answer_id, EntryContent content) = 0;
  // or both in one transaction (one fsync), when the answer is complete before its first byte is sent.
  virtual Result<std::pair<LedgerEntry, LedgerEntry>> append_complete(const std::string& answer_id,
                                                                      EntryContent opened, EntryContent closed) = 0;

  virtual Result<RecordedAnswer> find(const std::string& answer_id) = 0;   // kNotFound
  struct Summary { std::string answer_id; UnixMillis time; std::string question; bool closed; };
  virtual Result<std::vector<Summary>> list(std::int64_t limit, const std::string& before_id = {}) = 0;  // newest first
  // Recomputes every hash and commitment, in order. `head`: also that the chain still contains it.
  virtual Result<VerifyResult> verify(const std::optional<LedgerHead>& head = {}) = 0;
  virtual Result<LedgerHead> head() = 0;
};

}  // namespace grounds
