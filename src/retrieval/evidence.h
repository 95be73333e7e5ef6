// Evidence: the ranked spans of documents that an answer is made from.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "grounds/result.h"
#include "index/analysis/analyzer.h"

namespace grounds {

struct SearchHit;
struct Snapshot;
struct Query;

struct EvidenceItem {
  std::uint32_t number = 0;            // 1, 2, ...: how the prompt and citations name it
  std::string chunk_id;                // hex; of the first chunk, where neighbours were merged
  std::string uri;
  std::string title;
  std::string heading;                 // heading path, joined by " > "
  std::string version;                 // SHA-256 of the source bytes, hex
  std::string date;                    // of the source: stated in it, else its modification day; may be empty
  int page_from = 0, page_to = 0;      // 0 where the format has no pages
  std::uint64_t begin = 0, end = 0;    // span in the extract
  std::string text;                    // the extract's bytes [begin, end)
  std::string table_header;            // header line of the table the span continues; else ""
  std::int64_t score = 0;              // fused, integer
  std::int64_t vector_score = 0;       // similarity * 2^20 (cosine of the codes); 0 without a vector
  std::int64_t lexical_score = 0;      // BM25 * 2^20
  // Share of the query's distinct terms (idf-weighted) that the span contains, * 2^20.
  std::int64_t term_coverage = 0;
};

// Packs ranked hits into evidence: best first, equal texts once,
// at most `evidence.max_chunks` and `evidence.max_tokens` of the query's settings.
// A pure function of its arguments.
Result<std::vector<EvidenceItem>> make_evidence(const Snapshot& snapshot, const Query& query,
                                                std::span<const SearchHit> hits, const Analyzer& analyzer);

// Canonical JSON of all fields but the text: what a record stores, and a replay compares byte for byte.
std::string evidence_to_json(std::span<const EvidenceItem> evidence);

}  // namespace grounds
