#include "embedding/bert_normalizer.h"

#include <algorithm>

#include "base/utf8.h"
#include "embedding/bert_characters.h"

namespace grounds {
namespace {

using Characters = std::vector<NormalizedCharacter>;

// clean_text and handle_chinese_chars, in one pass.
void decode(std::string_view text, std::uint32_t base, const BertNormalization& rules, Characters* out) {
  std::size_t position = 0;
  while (position < text.size()) {
    NormalizedCharacter c;
    c.begin = base + static_cast<std::uint32_t>(position);
    c.character = next_code_point(text, position);
    c.end = base + static_cast<std::uint32_t>(position);
    c.flags = character_flags(c.character);
    if (rules.clean_text) {
      if (c.flags & kDropped) continue;
      if (c.flags & kBlank) {
        c.character = U' ';
        c.flags = kBlank | kSeparator;
      }
    }
    const bool apart = rules.handle_chinese_chars && (c.flags & kChinese);
    const NormalizedCharacter space{U' ', c.begin, c.end, kBlank | kSeparator};
    if (apart) out->push_back(space);
    out->push_back(c);
    if (apart) out->push_back(space);
  }
}

struct Decomposed {
  char32_t character;
  std::uint8_t combining;
  bool inserted;  // not the first character of its decomposition
};

// NFD. The reference aligns by counting: the n-th character that is not an insertion has the place of
// the n-th character before, also where sorting moved another character there.
Characters decompose(const Characters& in) {
  std::vector<Decomposed> sequence;
  sequence.reserve(in.size());
  std::size_t marks_from = 0;  // where the run of marks at the end of `sequence` starts
  const auto sort_marks = [&] {
    std::stable_sort(sequence.begin() + static_cast<std::ptrdiff_t>(marks_from), sequence.end(),
                     [](const Decomposed& a, const Decomposed& b) { return a.combining < b.combining; });
  };
  const auto put = [&](char32_t character, bool inserted) {
    const std::uint8_t combining = combining_class(character);
    if (combining == 0) sort_marks();
    sequence.push_back({character, combining, inserted});
    if (combining == 0) marks_from = sequence.size();
  };
  for (const NormalizedCharacter& c : in) {
    if (is_hangul_syllable(c.character)) {
      char32_t jamo[3];
      const int count = decompose_hangul(c.character, jamo);
      for (int i = 0; i < count; ++i) put(jamo[i], i > 0);
    } else if (const auto parts = decomposition(c.character); !parts.empty()) {
      for (std::size_t i = 0; i < parts.size(); ++i) put(parts[i], i > 0);
    } else {
      put(c.character, false);
    }
  }
  sort_marks();

  Characters out;
  out.reserve(sequence.size());
  std::size_t next = 0;
  for (const Decomposed& d : sequence) {
    if (!d.inserted) ++next;
    const NormalizedCharacter& place = in[next - 1];
    out.push_back({d.character, place.begin, place.end, character_flags(d.character)});
  }
  return out;
}

void to_lowercase(Characters* characters) {
  Characters longer;  // only used if some character becomes two
  for (std::size_t i = 0; i < characters->size(); ++i) {
    NormalizedCharacter& c = (*characters)[i];
    const auto lower = lowercase(c.character);
    if (lower.empty() && longer.empty()) continue;
    if (lower.size() > 1 && longer.empty())
      longer.assign(characters->begin(), characters->begin() + static_cast<std::ptrdiff_t>(i));
    if (!lower.empty()) {
      c.character = lower[0];
      c.flags = character_flags(c.character);
    }
    if (longer.empty() && lower.size() <= 1) continue;
    longer.push_back(c);
    for (std::size_t j = 1; j < lower.size(); ++j)
      longer.push_back({lower[j], c.begin, c.end, character_flags(lower[j])});
  }
  if (!longer.empty()) *characters = std::move(longer);
}

}  // namespace

void bert_normalize(std::string_view text, std::uint32_t base, const BertNormalization& rules,
                    std::vector<NormalizedCharacter>* out) {
  out->clear();
  decode(text, base, rules, out);
  if (rules.strip_accents) {
    // Below U+00C0 nothing decomposes and nothing is a mark.
    if (std::any_of(out->begin(), out->end(), [](const auto& c) { return c.character >= 0xC0; })) {
      *out = decompose(*out);
      std::erase_if(*out, [](const NormalizedCharacter& c) { return c.flags & kMark; });
    }
  }
  if (rules.lowercase) to_lowercase(out);
}

}  // namespace grounds
