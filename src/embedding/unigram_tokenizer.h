// SentencePiece Unigram as tokenizer.json of XLM-R models describes it. Read from tokenizer.json itself, not
// through libsentencepiece: that needs a model file of its own, and its offsets are not those of the reference.
#pragma once

#include <memory>

#include "base/canonical_json.h"
#include "embedding/tokenizer.h"

namespace grounds {

// From a whole tokenizer.json whose model is Unigram. kBadInput for what is not supported.
Result<std::shared_ptr<const Tokenizer>> make_unigram_tokenizer(const Json& tokenizer_json);

}  // namespace grounds
