// A question, prepared for ranking: its codes in each space, its terms, and how to rank.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "embedding/encoder_pool.h"
#include "grounds/result.h"
#include "index/analysis/analyzer.h"
#include "index/generation/snapshot.h"
#include "index/lexical/lexical_search.h"

namespace grounds {

enum class SearchMode { kHybrid, kVector, kLexical };
std::string_view search_mode_name(SearchMode mode);               // "hybrid", "vector", "lexical"
Result<SearchMode> parse_search_mode(std::string_view name);      // kUsage

inline constexpr std::size_t kMaxQuestionBytes = 32 * 1024;

// Everything ranking depends on besides the snapshot (design, law 1). What a record stores and a replay
// gives back.
struct Query {
  std::string text;                                         // the effective query
  SearchMode mode = SearchMode::kHybrid;
  std::map<std::string, std::vector<std::int8_t>> codes;    // by Space::fingerprint; spaces with live chunks
  LexicalQuery lexical;
  Settings settings;
  std::string analyzer;                                     // Analyzer::identity()

  // Canonical JSON and back (codes in hexadecimal).
  std::string to_json() const;
  static Result<Query> from_json(std::string_view text);
  friend bool operator==(const Query& a, const Query& b) { return a.to_json() == b.to_json(); }
};

// Refuses an empty or blank question, one that is not UTF-8, and one over kMaxQuestionBytes (kUsage).
Status check_question(std::string_view question);

// What quotation marks do: in a search they are an order (only chunks in which the phrase stands), in a
// question to be answered they quote (「XL-200」的保修期): the words count, the marks do not.
enum class QuotedPhrases { kMustOccur, kAreWords };

// Embeds `text` once for each space of the snapshot that holds live chunks, and analyses it. A text too
// long for a model is embedded by its beginning.
Result<Query> prepare_query(const Snapshot& snapshot, std::string_view text, SearchMode mode,
                            QuotedPhrases quoted, const EncoderPool& encoders, const Analyzer& analyzer);

}  // namespace grounds
