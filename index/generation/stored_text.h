// Where a text was embedded before, in other collections of the workspace than one's own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "grounds/result.h"
#include "index/generation/catalog.h"

namespace grounds {

struct StoredText {
  std::string collection;
  std::int64_t space = 0;
  ChunkId chunk;
};

// Chunks with this text hash in other spaces than `space` with the same identity, as the catalog has it (a segment
// need not hold them any more); the newest first, a few.
Result<std::vector<StoredText>> find_text_elsewhere(Workspace& workspace, const Space& space,
                                                    std::span<const std::uint8_t> text_hash);

}  // namespace grounds
