// The tables of a document, as questions are computed over them: rows, typed columns with their units, and where
// each table stands.
//
// From the catalog to here: Catalog::find_document gives a version; read_extract() (stored_extract.h)
// its extract; document_tables() the tables of that. A row's line in the text is row_spans[row] of the table, to be cited.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grounds/result.h"
#include "ingest/extract.h"
#include "ingest/table_columns.h"

namespace grounds {

struct DocumentTable {
  const Table* table = nullptr;           // of the extract: header, rows, spans of their lines, caption
  std::uint64_t begin = 0, end = 0;       // its lines in the extract's text, header included
  int page = 0;                           // page, slide or number of the sheet, from 1; 0 where there is none
  std::vector<std::string> heading_path;  // outermost first. In a workbook the last one is the sheet's name
  std::string introduction;               // the paragraph right before it, "" if another block stands there
  std::vector<TableColumn> columns;       // as wide as the widest row; units also from the introduction
};

// In the order of the text. `extract` must outlive the result and keep Extract::check's rules.
std::vector<DocumentTable> document_tables(const Extract& extract);

}  // namespace grounds
