// The special tokens that the post-processor of tokenizer.json puts around one text.
#pragma once

#include <cstdint>
#include <vector>

#include "base/canonical_json.h"
#include "grounds/result.h"

namespace grounds {

struct SpecialTokens {
  std::vector<std::int64_t> before, after;
};

// From "post_processor": TemplateProcessing, BertProcessing, RobertaProcessing or null. kBadInput for others.
Result<SpecialTokens> special_tokens_from_json(const Json& post_processor);

}  // namespace grounds
