// The approximate mode's graph: a faiss::IndexHNSW over the codes of one segment, which stay where
// they are. Built from the same codes, settings and library it has the same bytes. On disk:
// docs/formats/graph.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "grounds/result.h"
#include "index/segment/segment.h"

namespace grounds {

inline constexpr std::uint32_t kMinGraphLinks = 2, kMaxGraphLinks = 512;
inline constexpr std::uint32_t kMaxGraphBreadth = 65536;

struct GraphSettings {
  std::uint32_t links = 32;           // to neighbours of each chunk, twice as many on the lowest level
  std::uint32_t build_breadth = 200;  // candidates kept while a chunk is linked in
};

// Called now and then with the number of chunks linked so far; false stops the build.
using BuildProgress = std::function<bool(std::uint32_t)>;

// Immutable and thread-safe. Keeps its segment open.
class Graph {
 public:
  // Links the chunks one by one in the order of their ordinals, which is that of their ids, on one
  // thread. kUnavailable if `progress` stopped it.
  static Result<std::shared_ptr<const Graph>> build(std::shared_ptr<const Segment> segment,
                                                    const GraphSettings& settings,
                                                    const BuildProgress& progress = {});
  // kDamaged if the file fails its checksum, holds a link that leads nowhere, or belongs to another
  // segment.
  static Result<std::shared_ptr<const Graph>> open(const FileSystem& file_system,
                                                   const std::string& path,
                                                   std::shared_ptr<const Segment> segment);
  virtual ~Graph() = default;

  virtual Status write(const FileSystem& file_system, const std::string& path) const = 0;
  // SHA-256 of the file that write() makes, hexadecimal: what a record names the graph by.
  virtual std::string hash() const = 0;
  virtual const std::shared_ptr<const Segment>& segment() const = 0;
  virtual const GraphSettings& settings() const = 0;
  virtual std::uint64_t memory_bytes() const = 0;

  // Up to max(k, breadth) of the nearest chunks that a walk of this breadth comes by, best first, with
  // their exact scores; Hit::segment is 0. Only those of `eligible` (all if null), though the walk
  // leads through the others too. `query` has the segment's dimension.
  virtual Result<std::vector<Hit>> search(std::span<const std::int8_t> query, std::uint32_t k,
                                          std::uint32_t breadth, const Bitset* eligible) const = 0;
};

}  // namespace grounds
