// What a parser gets out of a document: one text, and a map of its blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"

namespace grounds {

enum class BlockKind : std::uint8_t { kHeading, kParagraph, kListItem, kTable, kCode, kQuote, kMailHeader };
std::string_view block_kind_name(BlockKind kind);

// A span [begin, end) of Extract::text, in UTF-8 bytes. Blocks are disjoint and in order; between them
// there is only white space.
struct Block {
  BlockKind kind = BlockKind::kParagraph;
  std::uint64_t begin = 0, end = 0;
  int level = 0;                       // headings: 1 is the highest
  int page = 0;                        // from 1; 0 where the format has no pages
  int table = -1;                      // kTable: index into Extract::tables
  friend bool operator==(const Block&, const Block&) = default;
};

// A table kept as a table. In the text it stands as one line a row, cells parted by " | ". The lines of
// a table, header first, are consecutive: each starts one byte (a line feed) after the one before ends; together they are the table's block.
struct Table {
  std::vector<std::string> header;                        // empty if the table has none
  std::vector<std::vector<std::string>> rows;             // cells as text
  std::uint64_t header_begin = 0, header_end = 0;         // span of the header line in the text
  std::vector<std::pair<std::uint64_t, std::uint64_t>> row_spans;  // span of each row's line
  std::string caption;
};

struct Extract {
  std::string title;                   // the document's own title; may be empty
  std::string text;                    // valid UTF-8
  std::vector<Block> blocks;
  std::vector<Table> tables;
  std::string parser;                  // name and version of the parser, e.g. "markdown/1"
  std::vector<std::string> warnings;   // e.g. "3 invalid UTF-8 sequences replaced"
  std::string date;                    // the document's own date, RFC 3339 date, if it states one

  // Whether the rules above hold: text is UTF-8, blocks and rows are in order, inside the text and on
  // code point boundaries, and all that is not in a block is white space. kDamaged says what does not.
  Status check() const;

  // Canonical JSON of all but the text, and back: what is stored beside the text. A cell is not written
  // where its row's line, split at " | ", gives it back. from_parts checks what it has read.
  std::string map_to_json() const;
  static Result<Extract> from_parts(std::string text, std::string_view map_json);
};

}  // namespace grounds
