#include "ingest/document_tables.h"

#include <utility>

namespace grounds {

std::vector<DocumentTable> document_tables(const Extract& extract) {
  std::vector<DocumentTable> tables;
  std::vector<std::pair<int, std::string>> headings;  // open ones: level and text
  const Block* before = nullptr;
  const auto text_of = [&](const Block& block) { return extract.text.substr(block.begin, block.end - block.begin); };
  for (const Block& block : extract.blocks) {
    if (block.kind == BlockKind::kHeading) {
      while (!headings.empty() && headings.back().first >= block.level) headings.pop_back();
      headings.emplace_back(block.level, text_of(block));
    } else if (block.kind == BlockKind::kTable) {
      DocumentTable& found = tables.emplace_back();
      found.table = &extract.tables[static_cast<std::size_t>(block.table)];
      found.begin = block.begin;
      found.end = block.end;
      found.page = block.page;
      for (const auto& [level, text] : headings) found.heading_path.push_back(text);
      if (before != nullptr && before->kind == BlockKind::kParagraph) found.introduction = text_of(*before);
      found.columns = table_columns(*found.table, found.introduction);
    }
    before = &block;
  }
  return tables;
}

}  // namespace grounds
