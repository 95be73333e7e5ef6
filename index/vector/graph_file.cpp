#include "index/vector/graph_file.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/hash.h"

namespace grounds {
namespace {

constexpr char kMagic[8] = {'G', 'R', 'G', 'R', 'A', 'P', 'H', '\n'};
constexpr std::uint32_t kVersion = 1;

// Little-endian, as it lies in the file.
struct Header {
  char magic[8];
  std::uint32_t version;
  std::uint32_t dimension;
  std::uint32_t size;
  std::uint32_t links;
  std::uint32_t build_breadth;
  std::int32_t entry_point;    // -1 in an empty graph
  std::uint64_t segment_digest;
  std::uint64_t link_count;    // of the whole graph, unused places included
};
static_assert(sizeof(Header) == 48);
constexpr std::size_t kChecksumSize = 8;

tl::unexpected<Error> damaged(const std::string& path, const std::string& what) {
  return fail(ErrorCode::kDamaged, path + ": " + what,
              "remove the file: the graph can be made anew from the codes");
}

// FAISS's search trusts its links; one that leads to a chunk outside the graph, or to one that is not
// on the link's level, would read outside its arrays.
bool links_lead_somewhere(const faiss::HNSW& graph) {
  const auto size = static_cast<std::int64_t>(graph.levels.size());
  for (std::int64_t i = 0; i < size; ++i) {
    for (int level = 0; level < graph.levels[static_cast<std::size_t>(i)]; ++level) {
      std::size_t begin = 0, end = 0;
      graph.neighbor_range(i, level, &begin, &end);
      for (std::size_t j = begin; j < end; ++j) {
        const std::int32_t to = graph.neighbors[j];
        if (to < -1 || to >= size) return false;
        if (to >= 0 && graph.levels[static_cast<std::size_t>(to)] <= level) return false;
      }
    }
  }
  return true;
}

}  // namespace

Result<std::uint64_t> segment_digest(const Segment& segment) {
  GROUNDS_ASSIGN_OR_RETURN(const auto ids, segment.ids());
  const std::string& space = segment.header().space;
  const std::uint64_t parts[] = {xxh3(std::as_bytes(std::span(space))), xxh3(std::as_bytes(ids))};
  return xxh3(std::as_bytes(std::span(parts)));
}

std::string encode_graph(const GraphOrigin& origin, const faiss::HNSW& graph) {
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.version = kVersion;
  header.dimension = origin.dimension;
  header.size = origin.size;
  header.links = origin.settings.links;
  header.build_breadth = origin.settings.build_breadth;
  header.entry_point = graph.entry_point;
  header.segment_digest = origin.segment_digest;
  header.link_count = graph.neighbors.size();

  const std::size_t link_bytes = graph.neighbors.size() * sizeof graph.neighbors[0];
  std::string bytes;
  bytes.reserve(sizeof header + graph.levels.size() + link_bytes + kChecksumSize);
  bytes.append(reinterpret_cast<const char*>(&header), sizeof header);
  for (const int level : graph.levels) bytes.push_back(static_cast<char>(level));
  bytes.append(reinterpret_cast<const char*>(graph.neighbors.data()), link_bytes);
  const std::uint64_t checksum = xxh3(std::as_bytes(std::span(bytes)));
  bytes.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  return bytes;
}

Result<faiss::HNSW> decode_graph(std::span<const std::byte> bytes, const std::string& path,
                                 GraphOrigin& origin) {
  Header header{};
  if (bytes.size() < sizeof header + kChecksumSize) return damaged(path, "the file is too short");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0) {
    return damaged(path, "this is no graph file");
  }
  if (header.version != kVersion) {
    return damaged(path, "graph format " + std::to_string(header.version) + " is not known here");
  }
  const std::size_t content = bytes.size() - kChecksumSize;
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + content, sizeof checksum);
  if (xxh3(bytes.first(content)) != checksum) return damaged(path, "the checksum does not match");
  if (header.dimension != origin.dimension || header.size != origin.size ||
      header.segment_digest != origin.segment_digest) {
    return damaged(path, "the graph belongs to another segment");
  }
  const std::uint64_t room = content - sizeof header;
  if (header.links < kMinGraphLinks || header.links > kMaxGraphLinks || room < header.size ||
      (room - header.size) / sizeof(std::int32_t) != header.link_count ||
      (room - header.size) % sizeof(std::int32_t) != 0) {
    return damaged(path, "its sizes do not agree");
  }

  origin.settings = {header.links, header.build_breadth};
  faiss::HNSW graph(static_cast<int>(header.links));
  const int most_levels = static_cast<int>(graph.cum_nneighbor_per_level.size()) - 1;
  const std::byte* levels = bytes.data() + sizeof header;
  graph.levels.reserve(header.size);
  graph.offsets.reserve(std::size_t{header.size} + 1);
  for (std::uint32_t i = 0; i < header.size; ++i) {
    const int level = std::to_integer<int>(levels[i]);
    if (level < 1 || level > most_levels) return damaged(path, "a chunk is on no level");
    graph.levels.push_back(level);
    graph.offsets.push_back(graph.offsets.back() +
                            static_cast<std::size_t>(graph.cum_nb_neighbors(level)));
  }
  if (graph.offsets.back() != header.link_count) return damaged(path, "its sizes do not agree");
  if (header.size == 0) return graph;
  graph.neighbors.resize(header.link_count);
  std::memcpy(graph.neighbors.data(), levels + header.size,
              header.link_count * sizeof(std::int32_t));
  if (!links_lead_somewhere(graph)) return damaged(path, "a link leads nowhere");
  if (header.entry_point < 0 || static_cast<std::uint32_t>(header.entry_point) >= header.size) {
    return damaged(path, "its entry point is no chunk");
  }
  graph.entry_point = header.entry_point;
  graph.max_level = graph.levels[static_cast<std::size_t>(header.entry_point)] - 1;
  return graph;
}

}  // namespace grounds
