// What a model thinks before it answers, kept apart from the answer: <think> ... </think>.
#pragma once

#include <string>
#include <string_view>

namespace grounds {

struct SplitText {
  std::string answer, reasoning;
};

// Every <think> block, one that never ends included, is reasoning; so is what stands before a </think>
// that nothing opened (some servers put the opening tag into the prompt). The answer is trimmed.
SplitText split_reasoning(std::string_view text);

// The same as the text comes: gives what surely belongs to the answer. A </think> without opening cannot
// be foreseen; split_reasoning over the whole has the last word.
class ReasoningFilter {
 public:
  std::string feed(std::string_view piece);
  std::string finish();  // what was held back because it might have become a tag

 private:
  std::string held_;
  bool thinking_ = false, started_ = false;
};

}  // namespace grounds
