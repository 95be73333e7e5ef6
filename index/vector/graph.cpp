#include "index/vector/graph.h"

#include <faiss/IndexHNSW.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/DistanceComputer.h>
#include <faiss/impl/FaissException.h>
#include <faiss/impl/IDSelector.h>
#include <omp.h>

#include <algorithm>
#include <mutex>
#include <new>

#include "base/hash.h"
#include "index/vector/code_index.h"
#include "index/vector/graph_file.h"
#include "index/vector/kernel.h"
#include "index/vector/scan.h"
#include "index/vector/top_k.h"

namespace grounds {
namespace {

constexpr std::uint32_t kProgressEvery = 1024;  // chunks

// HNSW minimises, so it sees negated similarities. The query is a span of codes, not of floats.
class NegatedSimilarity final : public faiss::DistanceComputer {
 public:
  explicit NegatedSimilarity(const CodeIndex& codes) : codes_(codes), kernel_(best_kernel()) {}

  void set_codes(std::span<const std::int8_t> query) { query_ = query; }
  void set_query(const float*) override { FAISS_THROW_MSG("set_codes() is meant"); }
  float operator()(idx_t i) override { return negated(query_, codes_.row(i)); }
  float symmetric_dis(idx_t i, idx_t j) override { return negated(codes_.row(i), codes_.row(j)); }

 private:
  float negated(std::span<const std::int8_t> a, std::span<const std::int8_t> b) const {
    return -static_cast<float>(kernel_.pair(a.data(), b.data(), a.size()));
  }

  const CodeIndex& codes_;
  const Kernel& kernel_;
  std::span<const std::int8_t> query_;
};

class EligibleSelector final : public faiss::IDSelector {
 public:
  explicit EligibleSelector(const Bitset* eligible) : eligible_(eligible) {}
  bool is_member(idx_t id) const override {
    return eligible_->test(static_cast<std::uint32_t>(id));
  }

 private:
  const Bitset* eligible_;
};

// The locks that FAISS's insertion takes, though one thread inserts.
class Locks {
 public:
  explicit Locks(std::size_t count) : locks_(count) {
    for (omp_lock_t& lock : locks_) omp_init_lock(&lock);
  }
  Locks(const Locks&) = delete;
  Locks& operator=(const Locks&) = delete;
  ~Locks() {
    for (omp_lock_t& lock : locks_) omp_destroy_lock(&lock);
  }
  std::vector<omp_lock_t>& all() { return locks_; }

 private:
  std::vector<omp_lock_t> locks_;
};

class HnswGraph final : public Graph {
 public:
  HnswGraph(std::shared_ptr<const Segment> segment, std::span<const ChunkId> ids,
            std::span<const std::int8_t> codes, GraphOrigin origin)
      : segment_(std::move(segment)), ids_(ids), origin_(origin),
        codes_(codes, origin.dimension, segment_),
        index_(&codes_, static_cast<int>(origin.settings.links)) {
    index_.ntotal = codes_.ntotal;
  }

  // False if `progress` says to stop.
  bool link_all(const BuildProgress& progress) {
    faiss::HNSW& graph = index_.hnsw;
    graph.efConstruction = static_cast<int>(origin_.settings.build_breadth);
    graph.prepare_level_tab(origin_.size);
    Locks locks(origin_.size);
    faiss::VisitedTable visited(static_cast<int>(origin_.size));
    NegatedSimilarity distance(codes_);
    for (std::uint32_t i = 0; i < origin_.size; ++i) {
      if (progress && i % kProgressEvery == 0 && !progress(i)) return false;
      distance.set_codes(codes_.row(i));
      graph.add_with_locks(distance, graph.levels[i] - 1, static_cast<int>(i), locks.all(),
                           visited);
    }
    return true;
  }

  void take(faiss::HNSW graph) {
    index_.hnsw = std::move(graph);
    index_.hnsw.efConstruction = static_cast<int>(origin_.settings.build_breadth);
  }

  Status write(const FileSystem& file_system, const std::string& path) const override {
    return file_system.write_durably(path, encode_graph(origin_, index_.hnsw));
  }
  std::string hash() const override {
    std::call_once(hashed_, [this] {
      if (hash_.empty()) hash_ = sha256_hex(encode_graph(origin_, index_.hnsw));
    });
    return hash_;
  }
  // Of the file that it was read from.
  void set_hash(std::string hash) { hash_ = std::move(hash); }
  const std::shared_ptr<const Segment>& segment() const override { return segment_; }
  const GraphSettings& settings() const override { return origin_.settings; }
  std::uint64_t memory_bytes() const override {
    const faiss::HNSW& graph = index_.hnsw;
    return graph.neighbors.size() * sizeof(graph.neighbors[0]) +
           graph.levels.size() * sizeof(graph.levels[0]) +
           graph.offsets.size() * sizeof(graph.offsets[0]);
  }

  Result<std::vector<Hit>> search(std::span<const std::int8_t> query, std::uint32_t k,
                                  std::uint32_t breadth, const Bitset* eligible) const override {
    if (query.size() != origin_.dimension || (eligible && eligible->size() != origin_.size)) {
      return fail(ErrorCode::kUsage, segment_->path() + ": the query does not fit the graph");
    }
    if (origin_.size == 0 || k == 0) return std::vector<Hit>{};
    try {
      return walk(query, std::min(std::max(k, breadth), origin_.size), eligible);
    } catch (const faiss::FaissException& error) {
      return fail(ErrorCode::kInternal, segment_->path() + ": " + error.what());
    } catch (const std::bad_alloc&) {
      return fail(ErrorCode::kUnavailable, "not enough memory for an approximate search");
    }
  }

 private:
  // FAISS is asked for `breadth` results and not for k: it sizes its queue of candidates by the larger
  // of k and a number that belongs to the index, not to the query.
  std::vector<Hit> walk(std::span<const std::int8_t> query, std::uint32_t breadth,
                        const Bitset* eligible) const {
    NegatedSimilarity distance(codes_);
    distance.set_codes(query);
    faiss::VisitedTable visited(static_cast<int>(origin_.size));
    faiss::SearchParametersHNSW parameters;
    parameters.efSearch = static_cast<int>(breadth);
    EligibleSelector selector(eligible);
    if (eligible) parameters.sel = &selector;
    std::vector<faiss::Index::idx_t> found(breadth, -1);
    std::vector<float> distances(breadth);
    index_.hnsw.search(distance, static_cast<int>(breadth), found.data(), distances.data(), visited,
                       &parameters);
    std::vector<Hit> hits;
    for (const faiss::Index::idx_t row : found) {
      if (row < 0) continue;
      const auto ordinal = static_cast<std::uint32_t>(row);
      hits.push_back({0, ordinal, ids_[ordinal], dot(query, codes_.row(row))});
    }
    std::sort(hits.begin(), hits.end(), ranks_before);
    return hits;
  }

  std::shared_ptr<const Segment> segment_;
  std::span<const ChunkId> ids_;
  GraphOrigin origin_;
  CodeIndex codes_;
  faiss::IndexHNSW index_;
  mutable std::once_flag hashed_;
  mutable std::string hash_;
};

struct Blocks {
  GraphOrigin origin;
  std::span<const ChunkId> ids;
  std::span<const std::int8_t> codes;
};

Result<Blocks> blocks_of(const std::shared_ptr<const Segment>& segment,
                         const GraphSettings& settings) {
  Blocks blocks;
  blocks.origin = {settings, segment->header().dimension, segment->size(), 0};
  if (blocks.origin.dimension < 1 || blocks.origin.dimension > kMaxDimension) {
    return fail(ErrorCode::kUsage, segment->path() + ": holds no vectors to make a graph of");
  }
  GROUNDS_ASSIGN_OR_RETURN(blocks.origin.segment_digest, segment_digest(*segment));
  GROUNDS_ASSIGN_OR_RETURN(blocks.ids, segment->ids());
  GROUNDS_ASSIGN_OR_RETURN(blocks.codes, segment->codes());
  return blocks;
}

tl::unexpected<Error> no_memory(const Segment& segment) {
  return fail(ErrorCode::kUnavailable, segment.path() + ": not enough memory for its graph",
              "use the exact mode, or fewer links");
}

}  // namespace

Result<std::shared_ptr<const Graph>> Graph::build(std::shared_ptr<const Segment> segment,
                                                  const GraphSettings& settings,
                                                  const BuildProgress& progress) {
  if (settings.links < kMinGraphLinks || settings.links > kMaxGraphLinks ||
      settings.build_breadth < 1 || settings.build_breadth > kMaxGraphBreadth) {
    return fail(ErrorCode::kUsage, "a graph has 2 to 512 links a chunk and a build breadth up to 65536");
  }
  GROUNDS_ASSIGN_OR_RETURN(const Blocks blocks, blocks_of(segment, settings));
  try {
    auto graph = std::make_shared<HnswGraph>(segment, blocks.ids, blocks.codes, blocks.origin);
    if (!graph->link_all(progress)) {
      return fail(ErrorCode::kUnavailable, segment->path() + ": the making of its graph was stopped");
    }
    return graph;
  } catch (const faiss::FaissException& error) {
    return fail(ErrorCode::kInternal, segment->path() + ": " + error.what());
  } catch (const std::bad_alloc&) {
    return no_memory(*segment);
  }
}

Result<std::shared_ptr<const Graph>> Graph::open(const FileSystem& file_system,
                                                 const std::string& path,
                                                 std::shared_ptr<const Segment> segment) {
  GROUNDS_ASSIGN_OR_RETURN(Blocks blocks, blocks_of(segment, {}));
  GROUNDS_ASSIGN_OR_RETURN(const MappedFile file, file_system.map(path));
  try {
    GROUNDS_ASSIGN_OR_RETURN(faiss::HNSW links, decode_graph(file.bytes(), path, blocks.origin));
    auto graph = std::make_shared<HnswGraph>(segment, blocks.ids, blocks.codes, blocks.origin);
    graph->take(std::move(links));
    graph->set_hash(sha256_hex({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}));
    return graph;
  } catch (const faiss::FaissException& error) {
    return fail(ErrorCode::kDamaged, path + ": " + error.what());
  } catch (const std::bad_alloc&) {
    return no_memory(*segment);
  }
}

}  // namespace grounds
