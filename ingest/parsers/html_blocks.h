// The visible content of an HTML tree as blocks of an extract.
#pragma once

#include "ingest/parsers/block_flow.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/html_tree.h"

namespace grounds::parsing {

// Adds what is below `root` to the builder; `flow` says where it stands (in a list, a quotation).
void add_html_blocks(const GumboNode& root, ExtractBuilder& builder, BlockFlow& flow);

// A <table> as rows of cells; merged cells are repeated in each row and column that they cover.
TableContent read_html_table(const GumboNode& table);
// True if a table only arranges the page: it holds another table, or has a single cell, or says so.
bool is_layout_table(const GumboNode& table);

}  // namespace grounds::parsing
