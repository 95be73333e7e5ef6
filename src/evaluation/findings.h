// What was wrong with the input of an evaluation, yet no reason to give up: counted by kind, with the
// first example of each, so that nothing is left out silently.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grounds {

enum class FindingKind : std::uint8_t {
  kByteOrderMark,             // a file starts with one; it is passed over
  kCarriageReturn,            // a line ends with CR LF; the CR is passed over
  kBlankLine,                 // passed over
  kDuplicateDocument,         // an id of the corpus again: the first one counts
  kEmptyDocument,             // neither title nor text: in the collection, but can never be found
  kDuplicateQuery,            // an id of the queries again: the first one counts
  kEmptyQuery,                // not asked, not in the means
  kDuplicateJudgement,        // a pair of ids again with the same grade
  kConflictingJudgement,      // a pair of ids again with another grade: the first one counts
  kUnknownQuery,              // judged, but not among the queries: cannot be asked, not in the means
  kUnknownDocument,           // judged, but not in the corpus: counts as not found where it is relevant
  kQueryWithoutJudgements,    // not asked, not in the means
  kQueryWithoutRelevant,      // judged, but nothing is relevant: all its measures are 0
};

// "duplicate_document", ...: the name in JSON.
std::string_view finding_name(FindingKind kind);
// What was done about it, for people: "documents whose id was there before; the first one counts".
std::string_view finding_meaning(FindingKind kind);

struct Finding {
  FindingKind kind;
  std::uint64_t count = 0;
  std::string example;        // where the first one is
  friend bool operator==(const Finding&, const Finding&) = default;
};

class Findings {
 public:
  void add(FindingKind kind, std::string_view example);
  std::uint64_t count(FindingKind kind) const;
  // By kind, those that occurred.
  const std::vector<Finding>& all() const { return findings_; }

 private:
  std::vector<Finding> findings_;
};

}  // namespace grounds
