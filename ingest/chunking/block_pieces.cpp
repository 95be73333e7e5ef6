#include "ingest/chunking/block_pieces.h"

#include <algorithm>

#include "base/utf8.h"

namespace grounds::chunking {
namespace {

// A longer block will be cut, so its pieces are counted at once.
constexpr std::size_t kLongBlockBytes = 4096;

}  // namespace

BlockPieces::BlockPieces(const Extract& extract, const TokenCounter& count_tokens)
    : extract_(extract), count_tokens_(count_tokens) {}

std::string_view BlockPieces::text(std::uint64_t begin, std::uint64_t end) const {
  return std::string_view(extract_.text).substr(begin, end - begin);
}

std::size_t BlockPieces::tokens(std::size_t index) {
  const Block& block = extract_.blocks[index];
  if (block.end - block.begin <= kLongBlockBytes) return count_tokens_(text(block.begin, block.end));
  std::size_t sum = 0;
  for (const Piece& piece : pieces(index)) sum += piece.tokens;
  return sum;
}

std::vector<Piece> BlockPieces::count_all(std::uint64_t offset, const std::vector<Span>& spans) {
  std::vector<Piece> pieces;
  pieces.reserve(spans.size());
  for (const auto& [begin, end] : spans) {
    pieces.push_back({offset + begin, offset + end, count_tokens_(text(offset + begin, offset + end))});
  }
  return pieces;
}

std::vector<Piece> BlockPieces::pieces(std::size_t index) {
  if (index == cached_block_) return cached_pieces_;
  const Block& block = extract_.blocks[index];
  const std::string_view content = text(block.begin, block.end);
  std::vector<Piece> result;
  switch (block.kind) {
    case BlockKind::kTable: result = table_rows(block); break;
    case BlockKind::kCode:
    case BlockKind::kMailHeader: result = count_all(block.begin, splitter_.lines(content)); break;
    default: result = count_all(block.begin, splitter_.sentences(content));
  }
  cached_block_ = index;
  cached_pieces_ = result;
  return result;
}

std::vector<Piece> BlockPieces::table_rows(const Block& block) {
  const Table& table = extract_.tables[static_cast<std::size_t>(block.table)];
  std::vector<Span> spans;
  if (!table.header.empty()) spans.emplace_back(table.header_begin, table.header_end);
  for (const auto& [begin, end] : table.row_spans) spans.emplace_back(begin, end);
  for (auto& [begin, end] : spans) {
    const std::string_view line = text(begin, end);
    const std::string_view kept = trim(line);
    begin += static_cast<std::size_t>(kept.data() - line.data());
    end = begin + kept.size();
  }
  return count_all(0, spans);
}

std::vector<Piece> BlockPieces::cut(const Piece& piece, std::size_t max_tokens) {
  std::vector<Piece> parts;
  std::uint64_t at = piece.begin;
  while (at < piece.end) {
    const std::string_view rest = text(at, piece.end);
    const std::string_view trimmed = trim(rest);
    if (trimmed.empty()) break;
    at += static_cast<std::uint64_t>(trimmed.data() - rest.data());
    const std::vector<Span> words = splitter_.leading_words(trimmed);
    for (const Piece& word : count_all(at, words)) {
      if (word.tokens > max_tokens) {
        cut_word(word, max_tokens, parts);
      } else if (!parts.empty() && parts.back().tokens + word.tokens <= max_tokens) {
        parts.back().end = word.end;
        parts.back().tokens += word.tokens;
      } else {
        parts.push_back(word);
      }
    }
    at += words.back().second;
  }
  return parts;
}

void BlockPieces::cut_word(Piece word, std::size_t max_tokens, std::vector<Piece>& into) {
  // Halves what is too long; starts from the size that fitted last.
  std::uint64_t size = word.end - word.begin;
  while (word.begin < word.end) {
    size = std::min(size, word.end - word.begin);
    std::uint64_t end = word.begin + size;
    std::size_t tokens = 0;
    for (;;) {
      end = std::max<std::uint64_t>(floor_boundary(extract_.text, end), word.begin);
      std::size_t one = word.begin;
      next_code_point(extract_.text, one);
      end = std::max<std::uint64_t>(end, one);
      tokens = count_tokens_(text(word.begin, end));
      if (tokens <= max_tokens || end == one) break;
      end = word.begin + (end - word.begin) / 2;
    }
    into.push_back({word.begin, end, tokens});
    size = end - word.begin;
    word.begin = end;
  }
}

}  // namespace grounds::chunking
