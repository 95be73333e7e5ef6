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
#include <utility>
#include <vector>

#include "base/canonical_json.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "grounds/result.h"
#include "ledger/signed_head.h"

namespace grounds {

// kErased: texts of an answer were destroyed; the body names them. So erasing is itself on record,
// and a text that somebody blanked by hand is told from one that was erased.
enum class EntryKind { kOpened, kClosed, kErased };
std::string_view entry_kind_name(EntryKind kind);  // "opened", "closed", "erased"

// One link of the chain. `body` is a JSON object without texts: for each text the entry holds a salted
// commitment SHA-256(salt || text), so that the text and its salt can be erased later.
struct LedgerEntry {
  std::int64_t sequence = 0;           // 1, 2, ...; no gaps
  std::string answer_id;               // ULID
  EntryKind kind = EntryKind::kOpened;
  UnixMillis time = 0;
  Json body;
  std::map<std::string, std::string> commitments;  // hex, by the text's name
  std::string hash;                    // SHA-256 hex of the canonical entry, which holds `previous`
  std::string previous;                // hash of the entry before; 64 zeros for the first
};

// What the caller knows: a JSON object, and texts by name ("question", "prompt", "response", ...).
// Names are [A-Za-z0-9_.:/-]{1,100} and differ between the opened and the closed entry of an answer.
// Texts are valid UTF-8 of at most 256 MiB; the body at most 64 levels deep and 64 MiB. Whatever may
// have to be erased one day belongs into a text: the body stays for good.
struct EntryContent {
  Json body;
  std::map<std::string, std::string> texts;
};

struct LedgerProblem {
  std::int64_t record = 0;             // sequence
  std::string kind;                    // one of those listed in docs/formats/ledger.md
  std::string detail;
};

// An answer as recorded: its entries and the texts that are still there.
struct RecordedAnswer {
  std::string answer_id;
  LedgerEntry opened;
  std::optional<LedgerEntry> closed;   // absent: still running, or interrupted
  std::map<std::string, std::string> texts;   // only those that match their commitments
  std::vector<std::string> erased;     // names of texts that were erased
  std::vector<LedgerProblem> problems; // what in this record no longer matches its hashes
};

struct VerifyResult {
  bool ok = true;
  std::int64_t records = 0;
  std::string head;                    // hash of the last entry
  std::vector<LedgerProblem> problems; // the first kMaxProblems of them, in order of records
  std::int64_t problem_count = 0;
  std::vector<LedgerProblem> notes;    // worth knowing, proves nothing: the clock went back, another key
  std::int64_t open_answers = 0;       // opened, not closed: running or interrupted
  std::optional<std::string> anchored; // time (else hash) of the last head that covers records and stands
  std::optional<UnixMillis> unanchored_since;  // time of the first record that no head covers
  static constexpr std::size_t kMaxProblems = 1000;
};

// A head kept elsewhere: what `verify` is relative to.
struct LedgerHead {
  std::string hash;
  std::int64_t records = 0;
  UnixMillis time = 0;                 // when it was signed; 0: unknown
};

struct ExportOptions {
  std::int64_t after_record = 0;       // records up to here are left out
  bool texts = true;                   // with texts and salts; without them commitments cannot be checked
};
// One line, without its line feed. An error ends the export with that error.
using LineSink = std::function<Status(std::string_view line)>;

struct ErasureReceipt {
  std::int64_t answers = 0;            // of which at least one text was destroyed now
  std::int64_t texts = 0;              // destroyed now
  std::vector<std::string> unknown;    // ids that are not in this ledger
  bool log_truncated = true;           // false: a reader held the write-ahead log, whose old pages may
                                       // hold the bytes until the next checkpoint
};

// What is said of an answer that is not there, and, in the same words, of one that the asker may not know of.
Error unknown_answer(const std::string& answer_id);

// Thread-safe. Appends of many threads share fsyncs (group commit). Other processes may append to the
// same file: the chain is extended under the database's lock file.
class Ledger {
 public:
  // Creates ledger.db if need be. References must outlive the ledger. A ledger of a newer format is
  // refused (kUsage). The signing key is the file "ledger.key" beside it, made on first use.
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
  // An append that fails has changed nothing that counts: after a crash an entry that was refused may
  // be in the chain, one that was acknowledged always is. Errors: kUsage (already open, already closed,
  // a text named twice), kNotFound (closing what was never opened), kBadInput (content), kUnavailable
  // and others of the storage, which concern every append of the same commit and may pass.

  virtual Result<RecordedAnswer> find(const std::string& answer_id) = 0;   // kNotFound
  struct Summary { std::string answer_id; UnixMillis time; std::string question; bool closed; };
  virtual Result<std::vector<Summary>> list(std::int64_t limit, const std::string& before_id = {}) = 0;  // newest first; answers only
  // Recomputes every hash and commitment, in order, over one state of the file. `head`: also that the
  // chain still contains it. Recorded anchors are checked likewise.
  virtual Result<VerifyResult> verify(const std::optional<LedgerHead>& head = {}) = 0;
  virtual Result<LedgerHead> head() = 0;   // 64 zeros and 0 records when empty

  // Signs the present head and notes it in the ledger. To prove anything it has to be kept elsewhere.
  virtual Result<SignedHead> anchor() = 0;
  // Writes each record as one line of JSON and the signed head as the last line, which is noted as an
  // anchor. samples/verify_export.py checks such a file.
  virtual Result<SignedHead> export_records(const ExportOptions& options, const LineSink& sink) = 0;

  // Destroys texts and their salts: of these answers, those called `names` (empty: all). The chain
  // still verifies; an erased entry says which texts went and why. Not one transaction over all ids.
  virtual Result<ErasureReceipt> erase_texts(const std::vector<std::string>& answer_ids,
                                             const std::vector<std::string>& names, const std::string& reason) = 0;
  // The same for every answer opened before `before`.
  virtual Result<ErasureReceipt> prune_texts(UnixMillis before, const std::vector<std::string>& names,
                                             const std::string& reason) = 0;
};

}  // namespace grounds
