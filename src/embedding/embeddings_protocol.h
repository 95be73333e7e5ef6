// The JSON of /v1/embeddings, as OpenAI's API has it: requests written, answers read with suspicion.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"

namespace grounds {

// {"model","input":[...],"encoding_format"}. Texts are valid UTF-8.
std::string embeddings_request(const std::string& model, std::span<const std::string> texts, bool base64);

struct EmbeddingsAnswer {
  std::vector<std::vector<float>> vectors;  // unit vectors, in the order of the texts
  std::string model;                        // as the server reports it; may be empty
};
// Takes lists of numbers and base64 of little-endian floats, whichever was asked for. kUnavailable, saying what is
// wrong: no JSON, a web page, another count or dimension, an index twice or out of range, numbers that are none or
// not finite, vectors of length zero.
Result<EmbeddingsAnswer> read_embeddings(std::string_view body, std::size_t count, std::size_t dimension);

// What an error answer says of its reason, as one short line without control characters; "" if nothing readable.
std::string error_text(std::string_view body);

}  // namespace grounds
