// Evidence cut into what can be quoted: sentences, list items, "key: value" lines, table rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retrieval/evidence.h"

namespace grounds {

enum class UnitKind { kSentence, kListItem, kKeyValue, kRow, kHeading, kQuestion };

struct Cell {
  std::size_t begin = 0, end = 0;   // bytes of the item's text; trimmed
};

struct Unit {
  UnitKind kind = UnitKind::kSentence;
  std::size_t begin = 0, end = 0;   // bytes of the item's text; trimmed, never empty
  std::vector<std::size_t> intros;  // earlier units that this one stands under: headings, "as follows:", an asked question
  std::vector<Cell> cells;          // kRow
  std::size_t table = 0;            // kRow: index into Units::tables
};

struct TableHead {
  std::vector<std::string> header;  // by column; empty if the table has none
};

struct Units {
  std::vector<Unit> units;          // in order of begin
  std::vector<TableHead> tables;
};

// A pure function of the item. Every non-space byte but a table's header line is in exactly one unit.
Units cut_units(const EvidenceItem& item);

// Sentences of a running text, as spans; line breaks inside do not end one.
std::vector<Cell> cut_sentences(std::string_view text);

// The cells of a line "a | b | c".
std::vector<std::string> split_row(std::string_view line);

}  // namespace grounds
