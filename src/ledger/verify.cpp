#include "ledger/verify.h"

#include <algorithm>

#include "ledger/entry_codec.h"

namespace grounds {
namespace {

// The anchors that bear a valid signature of the workspace's key; the others are named.
Result<std::vector<HeadCheck>> read_anchors(Database& database, const std::string& public_key, ProblemList& problems,
                                            std::vector<LedgerProblem>& notes) {
  GROUNDS_ASSIGN_OR_RETURN(Statement rows, database.prepare("SELECT id, records, time, head, signature, key FROM "
                                                            "anchors ORDER BY records, id"));
  std::vector<HeadCheck> heads;
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(const bool row, rows.step());
    if (!row) break;
    const SignedHead head{rows.text(3), rows.integer(1), rows.integer(2), rows.text(4), rows.text(5)};
    const std::string name = "anchor " + std::to_string(rows.integer(0)) + " of " + format_time(head.time);
    if (!signature_holds(head)) {
      problems.add(head.records, "anchor", name + " was changed: its signature does not fit");
    } else if (head.key != public_key) {
      if (notes.size() < VerifyResult::kMaxProblems)
        notes.push_back({head.records, "key", name + " was signed by another key (" + head.key + ") and counts for nothing"});
    } else {
      heads.push_back({{head.head, head.records, head.time}, name});
    }
  }
  return heads;
}

}  // namespace

void ProblemList::add(std::int64_t record, std::string_view kind, std::string detail) {
  ++count_;
  if (kept_.size() < kMaxKept) kept_.push_back({record, std::string(kind), std::move(detail)});
}

bool ProblemList::remove(std::int64_t record, std::string_view kind) {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const LedgerProblem& problem) {
    return problem.record == record && problem.kind == kind;
  });
  if (found == kept_.end()) return false;
  kept_.erase(found);
  --count_;
  return true;
}

Result<VerifyResult> verify_ledger(Database& database, const std::optional<LedgerHead>& kept,
                                   const std::string& public_key) {
  if (kept && (!is_hash(kept->hash) || kept->records < 0))
    return fail(ErrorCode::kUsage, "the head to verify against is not one", "give a head that 'anchor' printed");
  ProblemList problems;
  VerifyResult result;
  GROUNDS_ASSIGN_OR_RETURN(std::vector<HeadCheck> heads, read_anchors(database, public_key, problems, result.notes));
  if (kept) heads.push_back({*kept, "the kept head"});
  std::stable_sort(heads.begin(), heads.end(),
                   [](const HeadCheck& a, const HeadCheck& b) { return a.head.records < b.head.records; });

  GROUNDS_ASSIGN_OR_RETURN(ChainReport chain, verify_chain(database, heads, problems));
  if (!chain.changed.empty()) GROUNDS_RETURN_IF_ERROR(name_displaced(database, chain.changed, problems));
  GROUNDS_ASSIGN_OR_RETURN(result.open_answers, verify_answers(database, problems));

  result.records = chain.records;
  result.head = std::move(chain.head);
  result.notes.insert(result.notes.end(), chain.notes.begin(), chain.notes.end());
  if (chain.anchored)
    result.anchored = chain.anchored->time != 0 ? format_time(chain.anchored->time) : chain.anchored->hash;
  result.unanchored_since = chain.unanchored_since;
  result.problem_count = problems.count();
  result.ok = problems.count() == 0;
  result.problems = std::move(problems.kept());
  std::stable_sort(result.problems.begin(), result.problems.end(),
                   [](const LedgerProblem& a, const LedgerProblem& b) { return a.record < b.record; });
  if (result.problems.size() > VerifyResult::kMaxProblems) result.problems.resize(VerifyResult::kMaxProblems);
  return result;
}

}  // namespace grounds
