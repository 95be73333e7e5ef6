// The tables behind bert_characters.h.
#pragma once

#include <array>
#include <cstdint>

namespace grounds {

// All characters of [first, last] have this value; those in no run have 0. Sorted.
struct CharacterRun {
  char32_t first = 0, last = 0;
  std::uint16_t value = 0;
};

// What a character becomes: 1 to 4 characters, the rest zero. Sorted.
struct CharacterMapping {
  char32_t from = 0;
  std::array<char32_t, 4> to{};
};

extern const std::array<CharacterRun, 759> kCharacterFlags;
extern const std::array<CharacterRun, 334> kCombiningClasses;
extern const std::array<CharacterMapping, 2060> kDecompositions;
extern const std::array<CharacterMapping, 1488> kLowercase;

}  // namespace grounds
