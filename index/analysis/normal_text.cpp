#include "index/analysis/normal_text.h"

#include <unicode/bytestream.h>
#include <unicode/edits.h>
#include <unicode/normalizer2.h>

#include <algorithm>

namespace grounds {

NormalText::NormalText(std::string_view source) : text_(source) {
  if (std::all_of(source.begin(), source.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return;
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(error);
  const icu::StringPiece piece(source.data(), static_cast<int32_t>(source.size()));
  if (U_FAILURE(error) || nfkc->isNormalizedUTF8(piece, error)) return;

  icu::Edits edits;
  icu::StringByteSink<std::string> sink(&normalized_);
  normalized_.reserve(source.size());
  nfkc->normalizeUTF8(0, piece, sink, &edits, error);
  if (U_FAILURE(error)) return;  // the text as it is can be analysed as well
  text_ = normalized_;
  for (auto change = edits.getFineChangesIterator(); change.next(error);) {
    const auto begin = static_cast<std::uint32_t>(change.destinationIndex());
    const auto from = static_cast<std::uint32_t>(change.sourceIndex());
    changes_.push_back({begin, begin + static_cast<std::uint32_t>(change.newLength()), from,
                        from + static_cast<std::uint32_t>(change.oldLength())});
  }
}

// The last change that starts before or at `place`.
const NormalText::Change* NormalText::change_before(std::uint32_t place) const {
  const auto after = std::upper_bound(changes_.begin(), changes_.end(), place,
                                      [](std::uint32_t at, const Change& change) { return at < change.begin; });
  return after == changes_.begin() ? nullptr : &*(after - 1);
}

std::uint32_t NormalText::source_begin(std::uint32_t begin) const {
  const Change* change = change_before(begin);
  if (change == nullptr) return begin;
  return begin < change->end ? change->source_begin : begin - change->end + change->source_end;
}

std::uint32_t NormalText::source_end(std::uint32_t end) const {
  // The end of a range belongs to the byte before it.
  if (end == 0) return 0;
  const Change* change = change_before(end - 1);
  if (change == nullptr) return end;
  return end <= change->end ? change->source_end : end - change->end + change->source_end;
}

}  // namespace grounds
