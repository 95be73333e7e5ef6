// The inputs that a prompt is made from, as they are swapped between two answers.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace grounds {

enum class Factor : std::uint8_t {
  kQuestion, kHistory, kTime, kPermissions, kData, kParser, kSettings, kTemplate, kEmbedding, kRerank
};
inline constexpr std::array kFactors = {Factor::kQuestion, Factor::kHistory,  Factor::kTime,     Factor::kPermissions,
                                        Factor::kData,     Factor::kParser,   Factor::kSettings, Factor::kTemplate,
                                        Factor::kEmbedding, Factor::kRerank};
std::string_view factor_name(Factor factor);  // "question", "history", ...

// A set of factors. A value type.
class FactorSet {
 public:
  constexpr FactorSet() = default;
  constexpr explicit FactorSet(std::uint16_t bits) : bits_(bits) {}
  constexpr bool contains(Factor factor) const { return (bits_ >> static_cast<int>(factor)) & 1; }
  constexpr void insert(Factor factor) { bits_ = static_cast<std::uint16_t>(bits_ | (1u << static_cast<int>(factor))); }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool is_subset_of(FactorSet other) const { return (bits_ & ~other.bits_) == 0; }
  constexpr FactorSet operator&(FactorSet other) const { return FactorSet(static_cast<std::uint16_t>(bits_ & other.bits_)); }
  constexpr FactorSet operator|(FactorSet other) const { return FactorSet(static_cast<std::uint16_t>(bits_ | other.bits_)); }
  constexpr std::uint16_t bits() const { return bits_; }
  int size() const;
  std::vector<Factor> list() const;  // in the order of kFactors
  friend constexpr bool operator==(FactorSet, FactorSet) = default;
  friend constexpr auto operator<=>(FactorSet a, FactorSet b) { return a.bits_ <=> b.bits_; }

 private:
  std::uint16_t bits_ = 0;
};

// All subsets of `factors`, the empty one included, smaller ones first.
std::vector<FactorSet> subsets_by_size(FactorSet factors);

}  // namespace grounds
