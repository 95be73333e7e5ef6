// A text on its way through a tokenizer: characters, each with the bytes of the original it came from.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "embedding/tokenizer.h"

namespace grounds {

struct NormalizedCharacter {
  char32_t character = 0;
  std::uint32_t begin = 0, end = 0;  // bytes of the text
  std::uint16_t flags = 0;           // CharacterFlag bits of `character`
};

// A word being collected: its UTF-8 bytes, and the place of the character that each byte belongs to.
struct Word {
  std::string bytes;
  std::vector<std::uint32_t> character_of_byte;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> places;  // bytes of the text, per character

  void add(const NormalizedCharacter& c);
  void clear();
  // The token that is bytes [begin, end) of the word.
  TokenSpan span(std::int64_t id, std::size_t begin, std::size_t end) const {
    return {id, places[character_of_byte[begin]].first, places[character_of_byte[end - 1]].second};
  }
};

}  // namespace grounds
