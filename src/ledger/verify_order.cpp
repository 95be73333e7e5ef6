// Records in a wrong place, and answers whose records do not make sense together.
#include <unordered_map>

#include "ledger/reader.h"
#include "ledger/verify.h"

namespace grounds {
namespace {

std::string number(std::int64_t value) { return std::to_string(value); }

// An entry holds its own number, so one that was moved fits its hash under its old number only. That
// number is found through its `previous`: the record with this hash stands right before it, or, where
// two neighbours were swapped, in its place.
struct Suspect {
  std::int64_t record = 0;
  std::vector<std::int64_t> candidates;
};

// The entries of one answer, from the rows of the index.
struct AnswerEntries {
  std::string id;
  std::vector<std::int64_t> opened, closed, erased;
};

// True if the answer is open.
bool check_answer(const AnswerEntries& answer, ProblemList& problems) {
  for (std::size_t i = 1; i < answer.opened.size(); ++i)
    problems.add(answer.opened[i], "order", "answer " + answer.id + " is opened a second time");
  for (std::size_t i = 1; i < answer.closed.size(); ++i)
    problems.add(answer.closed[i], "order", "answer " + answer.id + " is closed a second time");
  if (answer.opened.empty()) {
    for (const auto* records : {&answer.closed, &answer.erased})
      if (!records->empty())
        problems.add(records->front(), "order", "answer " + answer.id + " was never opened");
    return false;
  }
  if (answer.closed.empty()) return true;
  if (answer.closed.front() < answer.opened.front())
    problems.add(answer.closed.front(), "order", "answer " + answer.id + " is closed before it is opened");
  return false;
}

}  // namespace

Status name_displaced(Database& database, const std::vector<std::int64_t>& changed, ProblemList& problems) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement row, database.prepare("SELECT " + std::string(kEntryColumns) + " FROM entries WHERE sequence = ?"));
  std::vector<Suspect> suspects;
  std::unordered_multimap<std::string, std::size_t> by_previous;
  for (const std::int64_t record : changed) {
    GROUNDS_ASSIGN_OR_RETURN(const bool found, row.bind(record).step());
    if (!found) continue;
    by_previous.emplace(row.text(5), suspects.size());
    suspects.push_back({record, {}});
    if (row.text_view(5) == kNoHash) suspects.back().candidates.push_back(1);
  }
  GROUNDS_ASSIGN_OR_RETURN(Statement hashes, database.prepare("SELECT sequence, hash FROM entries"));
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(const bool more, hashes.step());
    if (!more) break;
    const auto [first, last] = by_previous.equal_range(hashes.text(1));
    for (auto match = first; match != last; ++match) {
      auto& candidates = suspects[match->second].candidates;
      candidates.push_back(hashes.integer(0) + 1);
      candidates.push_back(hashes.integer(0));
    }
  }
  for (const Suspect& suspect : suspects) {
    GROUNDS_ASSIGN_OR_RETURN(const bool found, row.bind(suspect.record).step());
    if (!found) continue;
    EntryColumns columns = columns_of(row);
    for (const std::int64_t candidate : suspect.candidates) {
      columns.sequence = candidate;
      if (candidate == suspect.record || entry_hash(columns) != columns.hash) continue;
      if (!problems.remove(suspect.record, "hash")) break;
      problems.remove(suspect.record, "previous");
      problems.add(suspect.record, "order", "it holds the entry that was record " + number(candidate));
      break;
    }
  }
  return {};
}

Result<std::int64_t> verify_answers(Database& database, ProblemList& problems) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement rows, database.prepare("SELECT answer_id, kind, sequence FROM entries ORDER BY answer_id, kind, sequence"));
  std::int64_t open = 0;
  AnswerEntries answer;
  while (true) {
    GROUNDS_ASSIGN_OR_RETURN(const bool row, rows.step());
    if (!row || rows.text_view(0) != answer.id) {
      if (!answer.id.empty() && check_answer(answer, problems)) ++open;
      if (!row) break;
      answer = {rows.text(0), {}, {}, {}};
    }
    switch (parse_entry_kind(rows.text_view(1)).value_or(EntryKind::kErased)) {
      case EntryKind::kOpened: answer.opened.push_back(rows.integer(2)); break;
      case EntryKind::kClosed: answer.closed.push_back(rows.integer(2)); break;
      case EntryKind::kErased: answer.erased.push_back(rows.integer(2)); break;
    }
  }
  return open;
}

}  // namespace grounds
