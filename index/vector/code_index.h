// A faiss::Index over int8 codes that it does not own, such as those of a mapped segment: exact search
// by the project's own kernels behind FAISS's interface, and the storage of its HNSW graph.
#pragma once

#include <faiss/Index.h>

#include <cstdint>
#include <memory>
#include <span>

namespace grounds {

struct Kernel;

// Inner product. Queries are codes given as floats: whole numbers from -128 to 127. Labels are row
// numbers; distances are the integer dot products, which a float holds exactly up to dimension 1024.
// Ranked by score, then row. Immutable: add, reset and remove_ids throw faiss::FaissException, as do
// queries that are not codes. Thread-safe.
class CodeIndex final : public faiss::Index {
 public:
  // `owner` keeps `codes` (rows * dimension of them) alive. 1 <= dimension <= kMaxDimension.
  CodeIndex(std::span<const std::int8_t> codes, std::uint32_t dimension,
            std::shared_ptr<const void> owner);

  // All n queries in one pass over the codes. `params->sel` chooses the rows that take part. Missing
  // results have label -1 and the lowest float.
  void search(idx_t n, const float* x, idx_t k, float* distances, idx_t* labels,
              const faiss::SearchParameters* params = nullptr) const override;
  void reconstruct(idx_t key, float* recons) const override;
  // Similarities: larger is nearer. The caller owns the result (FAISS's convention).
  faiss::DistanceComputer* get_distance_computer() const override;

  void add(idx_t n, const float* x) override;
  void reset() override;

  std::span<const std::int8_t> row(idx_t i) const {
    return {codes_ + static_cast<std::size_t>(i) * static_cast<std::size_t>(d),
            static_cast<std::size_t>(d)};
  }

 private:
  const std::int8_t* codes_;
  std::shared_ptr<const void> owner_;
  const Kernel& kernel_;
};

}  // namespace grounds
