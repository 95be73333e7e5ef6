#include "answer/backends/reasoning.h"

#include <algorithm>

#include "base/utf8.h"

namespace grounds {
namespace {

constexpr std::string_view kOpen = "<think>", kClose = "</think>";

// Bytes at the end of `text` that may be the beginning of `tag`.
std::size_t partial_tag(std::string_view text, std::string_view tag) {
  for (std::size_t size = std::min(text.size(), tag.size() - 1); size > 0; --size)
    if (text.ends_with(tag.substr(0, size))) return size;
  return 0;
}

}  // namespace

SplitText split_reasoning(std::string_view text) {
  SplitText split;
  const std::size_t first_close = text.find(kClose);
  if (first_close != std::string_view::npos && text.substr(0, first_close).find(kOpen) == std::string_view::npos) {
    split.reasoning = text.substr(0, first_close);
    text.remove_prefix(first_close + kClose.size());
  }
  while (!text.empty()) {
    const std::size_t open = text.find(kOpen);
    split.answer += text.substr(0, open);
    if (open == std::string_view::npos) break;
    text.remove_prefix(open + kOpen.size());
    const std::size_t close = text.find(kClose);
    split.reasoning += text.substr(0, close);
    if (close == std::string_view::npos) break;
    text.remove_prefix(close + kClose.size());
  }
  split.answer = std::string(trim(split.answer));
  return split;
}

std::string ReasoningFilter::feed(std::string_view piece) {
  held_ += piece;
  std::string out;
  for (;;) {
    const std::string_view tag = thinking_ ? kClose : kOpen;
    const std::size_t at = held_.find(tag);
    if (at == std::string::npos) {
      const std::size_t keep = partial_tag(held_, tag);
      if (!thinking_) out.append(held_, 0, held_.size() - keep);
      held_.erase(0, held_.size() - keep);
      break;
    }
    if (!thinking_) out.append(held_, 0, at);
    held_.erase(0, at + tag.size());
    thinking_ = !thinking_;
  }
  // White space before the first word is not part of the answer.
  if (!started_) out.erase(0, out.find_first_not_of(" \t\r\n") == std::string::npos ? out.size() : out.find_first_not_of(" \t\r\n"));
  started_ = started_ || !out.empty();
  return out;
}

std::string ReasoningFilter::finish() {
  std::string rest = thinking_ ? std::string() : std::move(held_);
  held_.clear();
  return rest;
}

}  // namespace grounds
