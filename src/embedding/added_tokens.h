// The added tokens of tokenizer.json ("[MASK]", "<s>", ...): found in the text before anything else is
// done with it, and cut out of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/canonical_json.h"
#include "grounds/result.h"

namespace grounds {

struct AddedToken {
  std::int64_t id = 0;
  std::string content;
  bool lstrip = false, rstrip = false;  // takes the white space before, after it with it
};

// A stretch of the text: an added token, or (id < 0) text to be tokenised.
struct TextPiece {
  std::int64_t id = -1;
  std::uint32_t begin = 0, end = 0;
};

class AddedTokens {
 public:
  // From the "added_tokens" array. kBadInput for options that are not supported.
  static Result<AddedTokens> from_json(const Json& list);
  // Cuts the text at every added token, leftmost and longest first. Covers all of it, in order.
  std::vector<TextPiece> split(std::string_view text) const;
  // One more than the highest id.
  std::size_t size_of_vocabulary() const;

 private:
  std::vector<AddedToken> tokens_;
  std::string first_bytes_;  // those a token can start with
};

}  // namespace grounds
