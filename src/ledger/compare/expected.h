// explain --expected: where a statement was lost on its way from a source to an answer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "grounds/result.h"
#include "ledger/compare/mixture.h"

namespace grounds {

// In the order of the way; a statement is judged by the occurrence that came furthest.
enum class Stage { kNotInSources, kLostInParsing, kNotIndexed, kNotPermitted, kNotRetrieved, kPackedOut, kModelMissed, kAnswered };
std::string_view stage_name(Stage stage);  // "not_in_sources", ...

struct ExpectedResult {
  std::string expected;
  Stage stage = Stage::kNotInSources;
  std::string uri;                                // of the document; "" if there is none
  std::uint64_t begin = 0, end = 0;               // in its extract
  std::optional<std::int64_t> rank, score, vector_score, lexical_score;
  std::map<std::string, std::string> where;       // what else names the place: "groups", "generation", "setting", ...
  std::string hint;                               // where to fix it
};

struct ExpectedOptions {
  std::vector<std::string> sources;  // folders and files that were ingested, to look into what they say themselves
};

// Follows `expected` through the state that the answer saw. For an administrator: it looks at everything.
// kUsage for an empty text; kNotFound where the generation was pruned.
Result<ExpectedResult> explain_expected(const CompareServices& services, const Side& side, const std::string& expected,
                                        const ExpectedOptions& options);

}  // namespace grounds
