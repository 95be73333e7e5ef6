// An extract to chunks: spans of its text that fit the model, cut where the structure allows it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/extract.h"

namespace grounds {

struct ChunkingSettings {
  std::uint32_t target_tokens = 220;   // pack blocks of one section up to so many tokens
  std::uint32_t max_tokens = 360;      // never more in one chunk, its context (title, headings, table header) included
  friend bool operator==(const ChunkingSettings&, const ChunkingSettings&) = default;
  // Names the rules and their parameters; part of every chunk id.
  std::string identity() const;
};

struct ChunkSpan {
  std::uint64_t begin = 0, end = 0;        // in Extract::text, trimmed of white space, never empty
  std::vector<std::string> heading_path;   // outermost first
  int page_from = 0, page_to = 0;          // 0 where the format has no pages
  std::string table_header;                // header line of the table this chunk continues; else ""
};

using TokenCounter = std::function<std::size_t(std::string_view)>;

// Chunks in order of begin; every non-space byte of every block is in exactly one chunk. Never splits
// a word, a table row or a sentence unless it alone exceeds the budget (then at a code point boundary).
std::vector<ChunkSpan> chunk_extract(const Extract& extract, const ChunkingSettings& settings,
                                     const TokenCounter& count_tokens);

// What is embedded for a chunk: title and heading path as context, then the table header and the text.
std::string embedding_text(const Extract& extract, const ChunkSpan& chunk);

}  // namespace grounds
