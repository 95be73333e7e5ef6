#include "ledger/ledger.h"

#include <algorithm>

#include "base/write_ahead_log.h"
#include "ledger/changes.h"
#include "ledger/commit_queue.h"
#include "ledger/export.h"
#include "ledger/reader.h"
#include "ledger/schema.h"
#include "ledger/signing_key.h"
#include "ledger/verify.h"

namespace grounds {
namespace {

constexpr std::size_t kErasedPerCommit = 200;  // answers: short transactions, so that appends need not wait
constexpr std::string_view kKeyFile = "ledger.key";

class LedgerFile final : public Ledger {
 public:
  LedgerFile(const FileSystem& file_system, const std::string& path, const Clock& clock, RandomSource& random)
      : file_system_(file_system),
        path_(path),
        key_path_(path.substr(0, path.find_last_of('/') + 1) + std::string(kKeyFile)),
        clock_(clock),
        random_(random),
        ids_(clock, random),
        queue_(file_system, path, clock),
        readers_(file_system, path) {}

  std::string new_answer_id() override { return ids_.next(); }

  Result<LedgerEntry> append_opened(const std::string& answer_id, EntryContent content) override {
    return append_one(answer_id, EntryKind::kOpened, std::move(content));
  }

  Result<LedgerEntry> append_closed(const std::string& answer_id, EntryContent content) override {
    return append_one(answer_id, EntryKind::kClosed, std::move(content));
  }

  Result<std::pair<LedgerEntry, LedgerEntry>> append_complete(const std::string& answer_id, EntryContent opened,
                                                              EntryContent closed) override {
    for (const auto& [name, text] : closed.texts)
      if (opened.texts.contains(name))
        return fail(ErrorCode::kUsage, "answer " + answer_id + " has two texts called '" + name + "'");
    std::vector<PreparedEntry> entries(2);
    GROUNDS_ASSIGN_OR_RETURN(entries[0], prepare_entry(answer_id, EntryKind::kOpened, std::move(opened), random_));
    GROUNDS_ASSIGN_OR_RETURN(entries[1], prepare_entry(answer_id, EntryKind::kClosed, std::move(closed), random_));
    AppendChange change(std::move(entries));
    GROUNDS_RETURN_IF_ERROR(queue_.commit(change));
    std::vector<LedgerEntry> placed = change.take_entries();
    return std::pair(std::move(placed[0]), std::move(placed[1]));
  }

  Result<RecordedAnswer> find(const std::string& answer_id) override {
    return read<RecordedAnswer>([&](Database& database) { return read_answer(database, answer_id); });
  }

  Result<std::vector<Summary>> list(std::int64_t limit, const std::string& before_id) override {
    return read<std::vector<Summary>>(
        [&](Database& database) { return read_summaries(database, limit, before_id); });
  }

  Result<VerifyResult> verify(const std::optional<LedgerHead>& head) override {
    std::string public_key;
    if (const auto key = SigningKey::read(file_system_, key_path_)) public_key = key->public_key();
    else if (key.error().code != ErrorCode::kNotFound) return fail(Error(key.error()));
    return read<VerifyResult>([&](Database& database) { return verify_ledger(database, head, public_key); });
  }

  Result<LedgerHead> head() override {
    return read<LedgerHead>([](Database& database) { return read_head(database); });
  }

  Result<SignedHead> anchor() override { return sign(std::nullopt); }

  // In pieces, each of its own read transaction: a slow reader of the export holds up no checkpoint.
  Result<SignedHead> export_records(const ExportOptions& options, const LineSink& sink) override {
    GROUNDS_ASSIGN_OR_RETURN(const LedgerHead last, head());
    std::int64_t after = std::max<std::int64_t>(options.after_record, 0);
    while (after < last.records) {
      GROUNDS_ASSIGN_OR_RETURN(const std::vector<std::string> lines,
                               read<std::vector<std::string>>([&](Database& database) {
                                 return read_lines(database, after, last.records, options.texts);
                               }));
      for (const std::string& line : lines) GROUNDS_RETURN_IF_ERROR(sink(line));
    }
    GROUNDS_ASSIGN_OR_RETURN(SignedHead head, sign(last));
    GROUNDS_ASSIGN_OR_RETURN(const std::string line, canonical_json(signed_head_json(head)));
    GROUNDS_RETURN_IF_ERROR(sink(line));
    return head;
  }

  Result<ErasureReceipt> erase_texts(const std::vector<std::string>& answer_ids, const std::vector<std::string>& names,
                                     const std::string& reason) override {
    ErasureReceipt receipt;
    for (std::size_t from = 0; from < answer_ids.size(); from += kErasedPerCommit) {
      const auto begin = answer_ids.begin() + static_cast<std::ptrdiff_t>(from);
      const auto end = answer_ids.begin() + static_cast<std::ptrdiff_t>(std::min(from + kErasedPerCommit, answer_ids.size()));
      EraseChange change({begin, end}, names, reason, random_);
      GROUNDS_RETURN_IF_ERROR(queue_.commit(change));
      receipt.answers += change.receipt().answers;
      receipt.texts += change.receipt().texts;
      receipt.unknown.insert(receipt.unknown.end(), change.receipt().unknown.begin(), change.receipt().unknown.end());
    }
    // Erased bytes are zeroed in the database, but stand in the log until it is emptied.
    GROUNDS_ASSIGN_OR_RETURN(receipt.log_truncated, empty_log(file_system_, path_));
    return receipt;
  }

  Result<ErasureReceipt> prune_texts(UnixMillis before, const std::vector<std::string>& names,
                                     const std::string& reason) override {
    // By the chain's own order, not by ids: whatever clock made those.
    GROUNDS_ASSIGN_OR_RETURN(const std::vector<std::string> answer_ids,
                             read<std::vector<std::string>>([&](Database& database) {
                               return answers_with_texts_before(database, before);
                             }));
    return erase_texts(answer_ids, names, reason);
  }

 private:
  Result<LedgerEntry> append_one(const std::string& answer_id, EntryKind kind, EntryContent content) {
    std::vector<PreparedEntry> entries(1);
    GROUNDS_ASSIGN_OR_RETURN(entries[0], prepare_entry(answer_id, kind, std::move(content), random_));
    AppendChange change(std::move(entries));
    GROUNDS_RETURN_IF_ERROR(queue_.commit(change));
    return std::move(change.take_entries().front());
  }

  Result<SignedHead> sign(std::optional<LedgerHead> head) {
    AnchorChange change(file_system_, key_path_, random_, std::move(head));
    GROUNDS_RETURN_IF_ERROR(queue_.commit(change));
    return change.signed_head();
  }

  // Runs `body` over one state of the file.
  template <class Value, class Body>
  Result<Value> read(const Body& body) {
    GROUNDS_ASSIGN_OR_RETURN(ReaderPool::Loan loan, readers_.borrow());
    Result<Value> value = [&]() -> Result<Value> {
      GROUNDS_ASSIGN_OR_RETURN(const ReadTransaction transaction, ReadTransaction::begin(*loan));
      return body(*loan);
    }();
    if (!value && value.error().code != ErrorCode::kNotFound) loan.discard();
    return value;
  }

  static Result<std::vector<std::string>> answers_with_texts_before(Database& database, UnixMillis before) {
    GROUNDS_ASSIGN_OR_RETURN(
        Statement rows,
        database.prepare("SELECT o.answer_id FROM entries o WHERE o.kind = 'opened' AND o.time < ? AND EXISTS (SELECT 1 "
                         "FROM entries e JOIN texts t ON t.sequence = e.sequence WHERE e.answer_id = o.answer_id AND "
                         "t.text IS NOT NULL) ORDER BY o.sequence"));
    rows.bind(before);
    std::vector<std::string> answer_ids;
    while (true) {
      GROUNDS_ASSIGN_OR_RETURN(const bool row, rows.step());
      if (!row) break;
      answer_ids.push_back(rows.text(0));
    }
    return answer_ids;
  }

  const FileSystem& file_system_;
  const std::string path_;
  const std::string key_path_;
  const Clock& clock_;
  RandomSource& random_;
  UlidSource ids_;
  CommitQueue queue_;
  ReaderPool readers_;
};

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(const FileSystem& file_system, const std::string& path,
                                             const Clock& clock, RandomSource& random) {
  GROUNDS_RETURN_IF_ERROR(prepare_ledger_file(file_system, path, random, clock));
  return std::make_unique<LedgerFile>(file_system, path, clock, random);
}

}  // namespace grounds
