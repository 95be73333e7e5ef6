#include "tests/ingest/support/chunk_rules.h"

#include <algorithm>
#include <set>

#include "base/utf8.h"
#include "ingest/chunking/text_splitter.h"

namespace grounds::testing {
namespace {

std::string at(std::uint64_t position) { return std::string(" at ").append(std::to_string(position)); }

bool is_blank(std::string_view text) { return trim(text).empty(); }

// Every place where a chunk may end inside a block without an excuse: ends of sentences, lines and rows.
std::set<std::uint64_t> free_ends(const Extract& extract) {
  std::set<std::uint64_t> ends;
  chunking::TextSplitter splitter;
  for (const Block& block : extract.blocks) {
    const auto text = std::string_view(extract.text).substr(block.begin, block.end - block.begin);
    ends.insert(block.end);
    if (block.kind == BlockKind::kTable) {
      const Table& table = extract.tables[static_cast<std::size_t>(block.table)];
      const auto add_line_end = [&](std::uint64_t begin, std::uint64_t end) {
        const auto line = std::string_view(extract.text).substr(begin, end - begin);
        const auto kept = trim(line);
        ends.insert(begin + static_cast<std::uint64_t>(kept.data() - line.data()) + kept.size());
      };
      add_line_end(table.header_begin, table.header_end);
      for (const auto& [begin, end] : table.row_spans) add_line_end(begin, end);
    } else if (block.kind == BlockKind::kCode || block.kind == BlockKind::kMailHeader) {
      for (const auto& [begin, end] : splitter.lines(text)) ends.insert(block.begin + end);
    } else {
      for (const auto& [begin, end] : splitter.sentences(text)) ends.insert(block.begin + end);
    }
  }
  return ends;
}

}  // namespace

std::size_t count_tokens(std::string_view text) {
  std::size_t tokens = 0, word = 0;
  for (std::size_t i = 0; i < text.size();) {
    char32_t c = next_code_point(text, i);
    if (c == 0xA0 || c == 0x3000) c = ' ';  // white space that trim() takes off, too
    const bool is_word = c < 0x80 ? (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
                                  : !is_cjk_letter(c) && c < 0x2000;
    if (is_word) {
      if (word++ % 4 == 0) ++tokens;
    } else {
      word = 0;
      if (c > ' ') ++tokens;
    }
  }
  return tokens;
}

std::string broken_chunk_rule(const Extract& extract, const std::vector<ChunkSpan>& chunks,
                              const ChunkingSettings& settings, const TokenCounter& counter) {
  const std::string_view text = extract.text;
  std::vector<bool> covered(text.size(), false);
  std::uint64_t previous_end = 0;
  const std::set<std::uint64_t> ends = free_ends(extract);
  for (const ChunkSpan& chunk : chunks) {
    if (chunk.begin >= chunk.end || chunk.end > text.size()) return "empty or outside" + at(chunk.begin);
    if (chunk.begin < previous_end) return "overlap" + at(chunk.begin);
    const std::string_view own = text.substr(chunk.begin, chunk.end - chunk.begin);
    if (trim(own).size() != own.size()) return "not trimmed" + at(chunk.begin);
    if (!is_valid_utf8(own)) return "cut inside a character" + at(chunk.begin);
    for (std::uint64_t i = chunk.begin; i < chunk.end; ++i) covered[i] = true;
    previous_end = chunk.end;

    const std::string embedded = embedding_text(extract, chunk);
    const std::size_t tokens = counter(embedded);
    const bool is_single = chunk.end - chunk.begin <= 4;  // one character, which cannot be cut
    if (tokens > settings.max_tokens && !is_single) {
      return std::to_string(tokens).append(" tokens").append(at(chunk.begin)).append(": ").append(embedded);
    }
    if (!embedded.ends_with(own)) return "embedding text without the chunk's text" + at(chunk.begin);
    if (ends.count(chunk.end) > 0) continue;
    // A cut inside a sentence, line or row: it alone must exceed what the smallest budget leaves.
    const auto next_end = ends.lower_bound(chunk.end);
    const auto before = next_end == ends.begin() ? 0 : *std::prev(next_end);
    const std::size_t whole = counter(text.substr(before, *next_end - before));
    if (whole * 2 <= settings.max_tokens) return "cut inside a sentence, line or row" + at(chunk.end);
  }
  for (const Block& block : extract.blocks) {
    for (std::uint64_t i = block.begin; i < block.end; ++i) {
      if (!covered[i] && !is_blank(text.substr(i, 1)) && static_cast<unsigned char>(text[i]) < 0x80) {
        return "not covered" + at(i);
      }
    }
  }
  // What is left over between chunks may only be white space, also that beyond ASCII.
  std::uint64_t gap = 0;
  for (const ChunkSpan& chunk : chunks) {
    if (!is_blank(text.substr(gap, chunk.begin - gap))) return "text in no chunk" + at(gap);
    gap = chunk.end;
  }
  if (!is_blank(text.substr(gap))) return "text in no chunk" + at(gap);
  return {};
}

}  // namespace grounds::testing
