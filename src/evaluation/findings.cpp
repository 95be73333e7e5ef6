#include "evaluation/findings.h"

#include <algorithm>
#include <array>

namespace grounds {
namespace {

struct Words {
  std::string_view name, meaning;
};

// By FindingKind.
constexpr std::array<Words, 13> kWords{{
    {"byte_order_mark", "files that start with a byte order mark, which was passed over"},
    {"carriage_return", "lines that end with CR LF; the CR was passed over"},
    {"blank_line", "blank lines, passed over"},
    {"duplicate_document", "documents whose id was there before; the first one counts"},
    {"empty_document", "documents with neither title nor text, which can never be found"},
    {"duplicate_query", "queries whose id was there before; the first one counts"},
    {"empty_query", "queries without text: not asked, not in the means"},
    {"duplicate_judgement", "judgements that were there before"},
    {"conflicting_judgement", "judgements of a pair that was judged otherwise before; the first one counts"},
    {"unknown_query", "judged query ids that are not among the queries: not in the means"},
    {"unknown_document", "judged document ids that are not in the corpus: never found"},
    {"query_without_judgements", "queries that nobody judged: not asked, not in the means"},
    {"query_without_relevant", "judged queries without a relevant document: all their measures are 0"},
}};

const Words& words(FindingKind kind) { return kWords.at(static_cast<std::size_t>(kind)); }

}  // namespace

std::string_view finding_name(FindingKind kind) { return words(kind).name; }
std::string_view finding_meaning(FindingKind kind) { return words(kind).meaning; }

void Findings::add(FindingKind kind, std::string_view example) {
  auto place = std::ranges::lower_bound(findings_, kind, {}, &Finding::kind);
  if (place == findings_.end() || place->kind != kind)
    place = findings_.insert(place, {kind, 0, std::string(example)});
  ++place->count;
}

std::uint64_t Findings::count(FindingKind kind) const {
  auto place = std::ranges::lower_bound(findings_, kind, {}, &Finding::kind);
  return place != findings_.end() && place->kind == kind ? place->count : 0;
}

}  // namespace grounds
