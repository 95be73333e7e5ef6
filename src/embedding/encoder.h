// The encoder: a text in, a unit vector out, and the same vector every time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "embedding/model.h"
#include "embedding/tokenizer.h"
#include "grounds/result.h"

namespace grounds {

enum class TextRole { kPassage, kQuery };

// Turns texts into L2-normalised vectors. Thread-safe. A text's vector depends on the text, its role
// and the identity alone: one sequence per inference, one thread per stream, no padding.
class Encoder {
 public:
  virtual ~Encoder() = default;

  virtual const ModelIdentity& identity() const = 0;
  virtual const RuntimeIdentity& runtime() const = 0;
  virtual const Tokenizer& tokenizer() const = 0;
  // Most tokens one text may have for this role, its prefix and special tokens not counted.
  virtual std::size_t max_tokens(TextRole role) const = 0;

  // `identity().dimension` floats. Empty or whitespace-only text, invalid UTF-8 and text over
  // max_tokens are kBadInput; a vector that is not finite is kDamaged.
  virtual Result<std::vector<float>> embed(std::string_view text, TextRole role) const = 0;

  // Embeds all texts on all streams, longest first; results[i] belongs to texts[i]. `progress` (may be
  // empty) is told the tokens done so far in this call, prefixes and special tokens included, from any
  // thread; returning false cancels (kUnavailable). All or nothing: the first failure ends it.
  virtual Result<std::vector<std::vector<float>>> embed_all(
      std::span<const std::string> texts, TextRole role,
      const std::function<bool(std::size_t tokens)>& progress = {}) const = 0;
};

struct EncoderOptions {
  Precision precision = Precision::kInt8;
  int streams = 0;  // 0: one per core
};

// Loads a model of the registry, or of a folder, for this machine. kNotFound if the model is not
// installed (the hint says `grounds model pull NAME`), kDamaged if a file's hash differs. The ONNX file is
// read, and its hash compared, only if there is no compiled model for it (see verify_model for more);
// kBadInput if it is no text encoder, or its dimension, its weights or the tokenizer do not fit.
Result<std::shared_ptr<const Encoder>> load_encoder(const ModelRegistry& registry, const std::string& model,
                                                    const EncoderOptions& options = {});

// int8 codes of a unit vector: round_half_even(clamp(scale * x, -127, 127)).
// Adds the number of clamped components to *saturated if given.
std::vector<std::int8_t> quantize(std::span<const float> vector, double scale,
                                  std::uint64_t* saturated = nullptr);

}  // namespace grounds
