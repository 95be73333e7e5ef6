#include "ingest/chunking/sections.h"

namespace grounds::chunking {

std::vector<Section> find_sections(const std::vector<Block>& blocks) {
  std::vector<Section> sections;
  // The section of the whole document: text before the first heading, and parent of all others.
  sections.push_back({});
  std::vector<std::size_t> open = {0};
  const auto level_of = [&](std::size_t section) {
    const std::size_t heading = sections[section].heading;
    return heading == kNone ? 0 : blocks[heading].level;
  };
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].kind != BlockKind::kHeading) {
      sections.back().last_block = i + 1;
      continue;
    }
    while (open.size() > 1 && level_of(open.back()) >= blocks[i].level) {
      sections[open.back()].subtree_end = sections.size();
      open.pop_back();
    }
    sections.push_back({i, open.back(), i + 1, i + 1, 0});
    open.push_back(sections.size() - 1);
  }
  for (const std::size_t section : open) sections[section].subtree_end = sections.size();
  return sections;
}

}  // namespace grounds::chunking
