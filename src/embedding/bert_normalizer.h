// The BertNormalizer of tokenizer.json: cleaning, Chinese characters set apart, accents stripped, lower
// case; and for each character that results, the bytes of the text it came from.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "embedding/normalized_text.h"

namespace grounds {

struct BertNormalization {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  bool strip_accents = true;
  bool lowercase = true;
};

// Normalises valid UTF-8; `base` is added to all offsets. Replaces the content of *out.
// Offsets follow the reference: a character that was inserted has the bytes of the one before it, and
// marks that canonical ordering moved have the bytes of the place they moved to.
void bert_normalize(std::string_view text, std::uint32_t base, const BertNormalization& rules,
                    std::vector<NormalizedCharacter>* out);

}  // namespace grounds
