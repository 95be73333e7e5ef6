// Which chunks of a segment hold a phrase.
#pragma once

#include "index/lexical/lexical_search.h"
#include "index/segment/bitset.h"

namespace grounds {

// Clears from `chunks` (one bit a chunk of the segment) those whose body does not hold the phrase.
Status keep_phrase(const Segment& segment, const LexicalPhrase& phrase, Bitset& chunks);

}  // namespace grounds
