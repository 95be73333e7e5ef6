#include "embedding/bert_characters.h"

#include <algorithm>
#include <vector>

#include "embedding/bert_characters_data.h"

namespace grounds {
namespace {

constexpr char32_t kHangulBase = 0xAC00, kLeadBase = 0x1100, kVowelBase = 0x1161, kTailBase = 0x11A7;
constexpr char32_t kHangulCount = 11172, kVowelCount = 21, kTailCount = 28;

template <class Runs>
std::uint16_t value_in(const Runs& runs, char32_t character) {
  const auto after = std::upper_bound(runs.begin(), runs.end(), character,
                                      [](char32_t c, const CharacterRun& run) { return c < run.first; });
  if (after == runs.begin()) return 0;
  const CharacterRun& run = *std::prev(after);
  return character <= run.last ? run.value : 0;
}

template <class Mappings>
std::span<const char32_t> mapped_by(const Mappings& mappings, char32_t character) {
  const auto at = std::lower_bound(mappings.begin(), mappings.end(), character,
                                   [](const CharacterMapping& m, char32_t c) { return m.from < c; });
  if (at == mappings.end() || at->from != character) return {};
  const auto end = std::find(at->to.begin(), at->to.end(), U'\0');
  return {at->to.data(), static_cast<std::size_t>(end - at->to.begin())};
}

}  // namespace

std::uint16_t character_flags(char32_t character) {
  // The Basic Multilingual Plane is looked up, the rest searched.
  static const std::vector<std::uint16_t> plane = [] {
    std::vector<std::uint16_t> flags(0x10000);
    for (char32_t c = 0; c < flags.size(); ++c) flags[c] = value_in(kCharacterFlags, c);
    return flags;
  }();
  return character < plane.size() ? plane[character] : value_in(kCharacterFlags, character);
}

std::uint8_t combining_class(char32_t character) {
  return character < 0x300 ? std::uint8_t{0} : static_cast<std::uint8_t>(value_in(kCombiningClasses, character));
}

std::span<const char32_t> decomposition(char32_t character) {
  if (character < 0xC0) return {};
  return mapped_by(kDecompositions, character);
}

bool is_hangul_syllable(char32_t character) {
  return character >= kHangulBase && character < kHangulBase + kHangulCount;
}

int decompose_hangul(char32_t syllable, char32_t* jamo) {
  const char32_t index = syllable - kHangulBase;
  jamo[0] = kLeadBase + index / (kVowelCount * kTailCount);
  jamo[1] = kVowelBase + index % (kVowelCount * kTailCount) / kTailCount;
  if (index % kTailCount == 0) return 2;
  jamo[2] = kTailBase + index % kTailCount;
  return 3;
}

std::span<const char32_t> lowercase(char32_t character) {
  static constexpr char32_t kSmall[] = U"abcdefghijklmnopqrstuvwxyz";
  if (character < 0x80) {
    if (character < U'A' || character > U'Z') return {};
    return {&kSmall[character - U'A'], 1};
  }
  return mapped_by(kLowercase, character);
}

}  // namespace grounds
