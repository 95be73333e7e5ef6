// The parts that a block may be cut into, with their token counts.
#pragma once

#include <cstdint>
#include <vector>

#include "ingest/chunking/chunker.h"
#include "ingest/chunking/text_splitter.h"

namespace grounds::chunking {

// A part of the text that stays whole if it fits: a sentence, a line of code, a table row.
struct Piece {
  std::uint64_t begin = 0, end = 0;
  std::size_t tokens = 0;
};

// Counts blocks and cuts them, counting each part of the text once, or twice if it has to be cut.
class BlockPieces {
 public:
  BlockPieces(const Extract& extract, const TokenCounter& count_tokens);

  // Tokens of a whole block (for a long one the sum of its pieces').
  std::size_t tokens(std::size_t block);
  // Sentences, lines or rows (the header first) of a block.
  std::vector<Piece> pieces(std::size_t block);
  // Parts of a piece of at most `max_tokens` each, cut between words. A single code point is never cut.
  std::vector<Piece> cut(const Piece& piece, std::size_t max_tokens);

 private:
  std::vector<Piece> count_all(std::uint64_t offset, const std::vector<Span>& spans);
  std::vector<Piece> table_rows(const Block& block);
  void cut_word(Piece word, std::size_t max_tokens, std::vector<Piece>& into);
  std::string_view text(std::uint64_t begin, std::uint64_t end) const;

  const Extract& extract_;
  const TokenCounter& count_tokens_;
  TextSplitter splitter_;
  std::size_t cached_block_ = static_cast<std::size_t>(-1);
  std::vector<Piece> cached_pieces_;  // of cached_block_: a long block is asked for twice
};

}  // namespace grounds::chunking
