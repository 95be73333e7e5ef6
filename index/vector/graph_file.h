// The bytes of a graph file. Format page: docs/formats/graph.md.
#pragma once

#include <faiss/impl/HNSW.h>

#include <cstdint>
#include <span>
#include <string>

#include "grounds/result.h"
#include "index/vector/graph.h"

namespace grounds {

// What a graph was built over, and how.
struct GraphOrigin {
  GraphSettings settings;
  std::uint32_t dimension = 0;
  std::uint32_t size = 0;
  std::uint64_t segment_digest = 0;  // see segment_digest()
};

// XXH3 over the segment's space and chunk ids: enough to know the segment a graph belongs to.
Result<std::uint64_t> segment_digest(const Segment& segment);

std::string encode_graph(const GraphOrigin& origin, const faiss::HNSW& graph);

// The graph of these bytes. Every link is checked: a walk over the result stays inside it. `origin` is
// what the caller expects but for the settings, which are read. kDamaged otherwise.
Result<faiss::HNSW> decode_graph(std::span<const std::byte> bytes, const std::string& path,
                                 GraphOrigin& origin);

}  // namespace grounds
