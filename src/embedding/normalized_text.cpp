#include "embedding/normalized_text.h"

#include "base/utf8.h"

namespace grounds {

void Word::add(const NormalizedCharacter& c) {
  append_utf8(bytes, c.character);
  character_of_byte.resize(bytes.size(), static_cast<std::uint32_t>(places.size()));
  places.emplace_back(c.begin, c.end);
}

void Word::clear() {
  bytes.clear();
  character_of_byte.clear();
  places.clear();
}

}  // namespace grounds
