// The pass over entries and texts. Two cursors move in step: entries by sequence, texts by (sequence, name).
#include "ledger/reader.h"
#include "ledger/verify.h"
#include "ledger/verify_texts.h"

namespace grounds {
namespace {

class ChainPass {
 public:
  ChainPass(Database& database, const std::vector<HeadCheck>& heads, ProblemList& problems)
      : database_(database), heads_(heads), problems_(problems) {}

  Result<ChainReport> run() {
    GROUNDS_ASSIGN_OR_RETURN(TextPass texts, TextPass::begin(database_, problems_));
    GROUNDS_ASSIGN_OR_RETURN(Statement rows, database_.prepare("SELECT " + std::string(kEntryColumns) +
                                                               " FROM entries ORDER BY sequence"));
    report_.head = std::string(kNoHash);
    check_heads(0, report_.head, report_.head);
    while (true) {
      GROUNDS_ASSIGN_OR_RETURN(const bool row, rows.step());
      if (!row) break;
      const EntryColumns columns = columns_of(rows);
      if (columns.sequence < 1) {
        chain_problem(columns.sequence, "order", "its number is below 1, which no record has");
        continue;
      }
      check_place(columns);
      check_content(columns);
      GROUNDS_RETURN_IF_ERROR(texts.check(columns));
      remember(columns);
    }
    settle_mismatch({});
    GROUNDS_RETURN_IF_ERROR(texts.finish(report_.records));
    check_missing_heads();
    return std::move(report_);
  }

 private:
  void chain_problem(std::int64_t record, std::string_view kind, std::string detail) {
    intact_ = false;
    problems_.add(record, kind, std::move(detail));
  }

  // Gaps, links to the record before, and the clock.
  void check_place(const EntryColumns& columns) {
    const std::int64_t expected = report_.records + 1;
    const bool continues = columns.sequence == expected;
    settle_mismatch(continues ? columns.previous : std::string_view());
    if (!continues) {
      const std::string last = std::to_string(columns.sequence - 1);
      chain_problem(expected, "gap",
                    columns.sequence - 1 == expected ? "the record is missing"
                                                     : "records " + std::to_string(expected) + " to " + last + " are missing");
    } else if (columns.previous != report_.head && columns.previous != computed_) {
      chain_problem(columns.sequence, "previous",
                    expected == 1 ? "it is the first record and names one before it"
                                  : "it does not continue record " + std::to_string(expected - 1) +
                                        " as that stands: one of the two was changed, or a record put in or taken out");
    }
    if (columns.time < last_time_ && report_.notes.size() < VerifyResult::kMaxProblems)
      report_.notes.push_back({columns.sequence, "clock",
                               "the clock went back, from " + format_time(last_time_) + " to " + format_time(columns.time)});
  }

  void check_content(const EntryColumns& columns) {
    computed_ = entry_hash(columns);
    if (const auto defect = column_defect(columns)) chain_problem(columns.sequence, "malformed", *defect);
    else if (computed_ != columns.hash) mismatch_ = true;
    check_heads(columns.sequence, computed_, columns.hash);
  }

  // A hash that does not fit is judged with the help of the record after it.
  void settle_mismatch(std::string_view next_previous) {
    if (!mismatch_) return;
    mismatch_ = false;
    if (next_previous == computed_) {
      chain_problem(report_.records, "hash", "its stored hash was changed; its content is what the next record continues");
      return;
    }
    chain_problem(report_.records, "hash",
                  next_previous == report_.head ? "its content was changed after it was written"
                                                : "its content or its stored hash was changed after it was written");
    if (report_.changed.size() < VerifyResult::kMaxProblems) report_.changed.push_back(report_.records);
  }

  // `stored` and `computed`: of the record with this number.
  void check_heads(std::int64_t records, std::string_view computed, std::string_view stored) {
    for (; next_head_ < heads_.size() && heads_[next_head_].head.records <= records; ++next_head_) {
      const HeadCheck& check = heads_[next_head_];
      if (check.head.records < records) {  // of a record that is missing: the gap is reported
        intact_ = false;
      } else if (check.head.hash != computed && check.head.hash != stored) {
        chain_problem(records, "rebuilt",
                      check.name + " covers another record " + std::to_string(records) +
                          ": this record or one before it was changed and the chain rebuilt after it");
      } else if (intact_ && !mismatch_) {
        report_.anchored = check.head;
        report_.unanchored_since.reset();
      }
    }
  }

  void remember(const EntryColumns& columns) {
    report_.records = columns.sequence;
    report_.head = std::string(columns.hash);
    last_time_ = columns.time;
    const std::int64_t covered = report_.anchored ? report_.anchored->records : 0;
    if (columns.sequence > covered && !report_.unanchored_since) report_.unanchored_since = columns.time;
  }

  void check_missing_heads() {
    for (; next_head_ < heads_.size(); ++next_head_) {
      const HeadCheck& check = heads_[next_head_];
      problems_.add(report_.records + 1, "truncated",
                    check.name + " covers " + std::to_string(check.head.records) + " records, the ledger ends with record " +
                        std::to_string(report_.records));
    }
  }

  Database& database_;
  const std::vector<HeadCheck>& heads_;
  ProblemList& problems_;
  ChainReport report_;            // records, head: of the row before
  std::string computed_{kNoHash}; // hash of the row before (of this row, after check_content)
  bool mismatch_ = false;         // of the row before: stored hash and content differ, not yet reported
  bool intact_ = true;            // no problem of the chain itself so far
  UnixMillis last_time_ = INT64_MIN;
  std::size_t next_head_ = 0;
};

}  // namespace

Result<ChainReport> verify_chain(Database& database, const std::vector<HeadCheck>& heads, ProblemList& problems) {
  return ChainPass(database, heads, problems).run();
}

}  // namespace grounds
