// A table of the evidence, read for calculation: labels, exact numbers, and the rows that sum up others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/extract.h"
#include "ingest/table_columns.h"

namespace grounds {

// A table as it stands in the extract of a document of the evidence.
struct TableSource {
  std::uint32_t evidence = 0;       // EvidenceItem::number of the best item that shows a part of it
  std::string uri, title, heading, date;
  int page = 0;
  Table table;
  std::string introduction;         // the paragraph right above it
  std::uint64_t begin = 0;          // of `text` in the extract
  std::string text;                 // the table's block: all lines, header first
};

struct TableData {
  std::vector<std::string> names;   // by column: distinct, never empty; as SQL has them
  std::vector<TableColumn> columns;
  std::vector<bool> measure;        // by column: numbers that can be calculated with
  std::vector<bool> summary_column; // by column: sums up others of its row
  std::vector<bool> summary_row;    // by row: sums up others
  int decimals = 0;                 // of all measures; what is stored are multiples of 10^-decimals
  std::vector<std::vector<std::optional<std::int64_t>>> values;  // by row, by column; nothing: no number there
};

// nullopt: no header, too large (kMaxTableRows, kMaxTableColumns), or numbers beyond what is exact in 64 bits.
inline constexpr std::size_t kMaxTableRows = 20000, kMaxTableColumns = 100;
std::optional<TableData> read_table(const Table& table, std::string_view introduction = {});

// "-12.50" from -1250 and 2; no zeros at the end of the fraction.
std::string format_scaled(std::int64_t value, int decimals);

}  // namespace grounds
