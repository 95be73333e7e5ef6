#include "index/vector/code_index.h"

#include <faiss/impl/DistanceComputer.h>
#include <faiss/impl/FaissAssert.h>
#include <faiss/impl/IDSelector.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "index/vector/kernel.h"
#include "index/vector/scan_core.h"

namespace grounds {
namespace {

void to_codes(const float* x, std::span<std::int8_t> codes) {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const bool in_range = x[i] >= -128.0F && x[i] <= 127.0F;  // false for NaN
    FAISS_THROW_IF_NOT_MSG(in_range && x[i] == static_cast<float>(static_cast<int>(x[i])),
                           "a query is to be given as codes: whole numbers from -128 to 127");
    codes[i] = static_cast<std::int8_t>(x[i]);
  }
}

class CodeDistance final : public faiss::DistanceComputer {
 public:
  explicit CodeDistance(const CodeIndex& index, const Kernel& kernel)
      : index_(index), kernel_(kernel), query_(static_cast<std::size_t>(index.d)) {}

  void set_query(const float* x) override { to_codes(x, query_); }
  float operator()(idx_t i) override { return similarity(query_, index_.row(i)); }
  float symmetric_dis(idx_t i, idx_t j) override {
    return similarity(index_.row(i), index_.row(j));
  }

 private:
  float similarity(std::span<const std::int8_t> a, std::span<const std::int8_t> b) const {
    return static_cast<float>(kernel_.pair(a.data(), b.data(), a.size()));
  }

  const CodeIndex& index_;
  const Kernel& kernel_;
  std::vector<std::int8_t> query_;
};

Bitset selected(std::uint32_t rows, const faiss::IDSelector* selector) {
  Bitset bits(rows, selector == nullptr);
  if (selector == nullptr) return bits;
  for (std::uint32_t i = 0; i < rows; ++i) {
    if (selector->is_member(i)) bits.set(i);
  }
  return bits;
}

}  // namespace

CodeIndex::CodeIndex(std::span<const std::int8_t> codes, std::uint32_t dimension,
                     std::shared_ptr<const void> owner)
    : Index(dimension, faiss::METRIC_INNER_PRODUCT), codes_(codes.data()),
      owner_(std::move(owner)), kernel_(best_kernel()) {
  FAISS_THROW_IF_NOT_MSG(dimension >= 1 && dimension <= kMaxDimension, "dimension out of range");
  FAISS_THROW_IF_NOT_MSG(codes.size() % dimension == 0, "codes do not divide into rows");
  ntotal = static_cast<idx_t>(codes.size() / dimension);
  FAISS_THROW_IF_NOT_MSG(ntotal <= std::numeric_limits<std::int32_t>::max(), "too many rows");
}

void CodeIndex::search(idx_t n, const float* x, idx_t k, float* distances, idx_t* labels,
                       const faiss::SearchParameters* params) const {
  FAISS_THROW_IF_NOT(n >= 0 && k >= 1);
  if (n == 0) return;
  const auto dimension = static_cast<std::size_t>(d);
  std::vector<std::int8_t> codes(static_cast<std::size_t>(n) * dimension);
  std::vector<std::span<const std::int8_t>> queries;
  for (idx_t q = 0; q < n; ++q) {
    const auto query = std::span(codes).subspan(static_cast<std::size_t>(q) * dimension, dimension);
    to_codes(x + q * d, query);
    queries.emplace_back(query);
  }
  const Bitset rows = selected(static_cast<std::uint32_t>(ntotal), params ? params->sel : nullptr);
  const ScanSource source{0, {}, codes_, rows.words(), nullptr};
  const auto limit = static_cast<std::uint32_t>(std::min(k, ntotal));
  const auto results = scan(std::span(&source, 1), queries, limit, 1, kernel_);
  for (idx_t q = 0; q < n; ++q) {
    const auto& hits = results[static_cast<std::size_t>(q)].hits;
    const auto found = static_cast<idx_t>(hits.size());
    for (idx_t i = 0; i < k; ++i) {
      const bool filled = i < found;
      const Hit hit = filled ? hits[static_cast<std::size_t>(i)] : Hit{};
      labels[q * k + i] = filled ? idx_t{hit.ordinal} : -1;
      distances[q * k + i] =
          filled ? static_cast<float>(hit.score) : std::numeric_limits<float>::lowest();
    }
  }
}

void CodeIndex::reconstruct(idx_t key, float* recons) const {
  FAISS_THROW_IF_NOT_MSG(key >= 0 && key < ntotal, "no such row");
  std::ranges::copy(row(key), recons);
}

faiss::DistanceComputer* CodeIndex::get_distance_computer() const {
  return new CodeDistance(*this, kernel_);
}

void CodeIndex::add(idx_t, const float*) {
  FAISS_THROW_MSG("the codes of a segment are immutable: write a new segment");
}

void CodeIndex::reset() {
  FAISS_THROW_MSG("the codes of a segment are immutable: write a new segment");
}

}  // namespace grounds
