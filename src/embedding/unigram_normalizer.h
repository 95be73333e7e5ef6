// The normaliser and pre-tokenizer steps that tokenizer.json of XLM-R models asks for, on characters with
// their places.
#pragma once

#include <memory>
#include <vector>

#include "base/canonical_json.h"
#include "embedding/normalized_text.h"
#include "grounds/result.h"

namespace grounds {

// A step that changes the characters of a text. Thread-safe.
class NormalizerStep {
 public:
  virtual ~NormalizerStep() = default;
  virtual void apply(std::vector<NormalizedCharacter>* text) const = 0;
};

// From "normalizer": Precompiled, Strip, Replace of a text or of runs of spaces, and Sequences of these.
// kBadInput for others, naming them.
Result<std::vector<std::unique_ptr<const NormalizerStep>>> normalizer_steps(const Json& normalizer);

}  // namespace grounds
