// The sections of an extract: a heading and what follows it up to the next one, as a tree by level.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "ingest/extract.h"

namespace grounds::chunking {

inline constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// In document order, so a section's subsections are the sections right after it, up to subtree_end.
struct Section {
  std::size_t heading = kNone;      // index of its heading's block; kNone for text before any heading
  std::size_t parent = kNone;       // index of a section
  std::size_t first_block = 0;      // its body: blocks [first_block, last_block)
  std::size_t last_block = 0;
  std::size_t subtree_end = 0;      // one past the index of its last subsection
};

std::vector<Section> find_sections(const std::vector<Block>& blocks);

}  // namespace grounds::chunking
