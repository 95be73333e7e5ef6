// BERT WordPiece: words split by white space and punctuation, each cut greedily into the longest pieces
// of the vocabulary (Wu et al. 2016, "Google's Neural Machine Translation System", as in BERT).
#pragma once

#include <memory>

#include "base/canonical_json.h"
#include "embedding/tokenizer.h"

namespace grounds {

// From a whole tokenizer.json whose model is WordPiece. kBadInput for what is not supported.
Result<std::shared_ptr<const Tokenizer>> make_wordpiece_tokenizer(const Json& tokenizer_json);

}  // namespace grounds
