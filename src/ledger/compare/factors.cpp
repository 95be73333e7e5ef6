#include "ledger/compare/factors.h"

#include <algorithm>
#include <bit>

namespace grounds {

std::string_view factor_name(Factor factor) {
  switch (factor) {
    case Factor::kQuestion: return "question";
    case Factor::kHistory: return "history";
    case Factor::kTime: return "time";
    case Factor::kPermissions: return "permissions";
    case Factor::kData: return "data";
    case Factor::kParser: return "parser";
    case Factor::kSettings: return "settings";
    case Factor::kTemplate: return "template";
    case Factor::kEmbedding: return "embedding";
    case Factor::kRerank: return "rerank";
  }
  return "";
}

int FactorSet::size() const { return std::popcount(bits_); }

std::vector<Factor> FactorSet::list() const {
  std::vector<Factor> factors;
  for (Factor factor : kFactors)
    if (contains(factor)) factors.push_back(factor);
  return factors;
}

std::vector<FactorSet> subsets_by_size(FactorSet factors) {
  std::vector<FactorSet> subsets;
  // Counts down through all bit patterns inside `factors`.
  for (std::uint16_t bits = factors.bits();; bits = static_cast<std::uint16_t>((bits - 1) & factors.bits())) {
    subsets.emplace_back(bits);
    if (bits == 0) break;
  }
  std::ranges::sort(subsets, [](FactorSet a, FactorSet b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return subsets;
}

}  // namespace grounds
