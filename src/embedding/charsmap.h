// The "precompiled_charsmap" of SentencePiece: what stretches of text are replaced by, in a double-array
// trie (Aoe 1989; the layout is that of the darts-clone library) over the replaced strings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"

namespace grounds {

class Charsmap {
 public:
  // From its base64 form in tokenizer.json. kBadInput if it is no charsmap.
  static Result<Charsmap> from_base64(std::string_view text);
  // What the reference replaces this stretch by: that of the *shortest* entry it starts with. Nothing if
  // there is none.
  std::optional<std::string_view> replacement(std::string_view stretch) const;

 private:
  std::vector<std::uint32_t> units_;
  std::string replacements_;  // each ended by a NUL
};

}  // namespace grounds
