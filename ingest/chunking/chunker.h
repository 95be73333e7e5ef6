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
  // The context: what is embedded and indexed with the chunk but not quoted. It takes at most half of the
  // budget; where headings are longer than that, outer ones are left out or the title is shortened.
  std::string title;                       // Extract::title, or as much of it as fits
  std::vector<std::string> heading_path;   // outermost first
  int page_from = 0, page_to = 0;          // 0 where the format has no pages
  // Header line of the table that this chunk starts in the middle of (shortened to whole cells if it is
  // longer than a quarter of the budget); else "".
  std::string table_header;
};

using TokenCounter = std::function<std::size_t(std::string_view)>;

// Chunks in order of begin; every non-space byte of every block is in exactly one chunk. A section whose
// subsections fit into one chunk with it becomes one; otherwise a chunk holds blocks of one section only,
// after the headings that lead to it. Never splits a word, a table row or a sentence unless it alone
// exceeds the budget (a row or sentence then between words, a word at a code point boundary).
// `count_tokens` is called about once for each part of the text. Its counts are added up, so the budget
// holds as far as the count of a text is at most the sum of its parts', parted at white space.
std::vector<ChunkSpan> chunk_extract(const Extract& extract, const ChunkingSettings& settings,
                                     const TokenCounter& count_tokens);

// What is embedded for a chunk: title and heading path as context, then the table header and the text,
// each on lines of its own. Context that the chunk's own text starts with is not repeated.
std::string embedding_text(const Extract& extract, const ChunkSpan& chunk);

}  // namespace grounds
