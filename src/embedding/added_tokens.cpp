#include "embedding/added_tokens.h"

#include <algorithm>

#include "base/utf8.h"
#include "embedding/bert_characters.h"

namespace grounds {
namespace {

bool is_space_at(std::string_view text, std::size_t position) {
  return character_flags(next_code_point(text, position)) & kSeparator;
}

std::size_t before_spaces(std::string_view text, std::size_t position, std::size_t floor) {
  while (position > floor) {
    const std::size_t previous = floor_boundary(text, position - 1);
    if (!is_space_at(text, previous)) break;
    position = previous;
  }
  return position;
}

std::size_t after_spaces(std::string_view text, std::size_t position) {
  while (position < text.size()) {
    std::size_t next = position;
    if (!(character_flags(next_code_point(text, next)) & kSeparator)) break;
    position = next;
  }
  return position;
}

}  // namespace

Result<AddedTokens> AddedTokens::from_json(const Json& list) {
  AddedTokens result;
  if (list.is_null()) return result;
  if (!list.is_array()) return fail(ErrorCode::kBadInput, "added_tokens is not a list");
  for (const Json& item : list) {
    if (!item.is_object() || !item.contains("content") || !item["content"].is_string() ||
        !item.contains("id") || !item["id"].is_number_integer())
      return fail(ErrorCode::kBadInput, "an added token has no content or id");
    AddedToken token;
    token.content = item["content"].get<std::string>();
    token.id = item["id"].get<std::int64_t>();
    const auto flag = [&](const char* name) { return item.contains(name) && item[name] == true; };
    token.lstrip = flag("lstrip");
    token.rstrip = flag("rstrip");
    if (token.id < 0) return fail(ErrorCode::kBadInput, "the added token '" + token.content + "' has a negative id");
    if (flag("normalized") || flag("single_word"))
      return fail(ErrorCode::kBadInput, "the added token '" + token.content +
                                            "' is 'normalized' or 'single_word', which is not supported");
    if (token.content.empty()) continue;
    if (result.first_bytes_.find(token.content[0]) == std::string::npos)
      result.first_bytes_ += token.content[0];
    result.tokens_.push_back(std::move(token));
  }
  return result;
}

std::size_t AddedTokens::size_of_vocabulary() const {
  std::size_t size = 0;
  for (const AddedToken& token : tokens_) size = std::max(size, static_cast<std::size_t>(token.id) + 1);
  return size;
}

std::vector<TextPiece> AddedTokens::split(std::string_view text) const {
  std::vector<TextPiece> pieces;
  const auto add = [&](std::int64_t id, std::size_t begin, std::size_t end) {
    if (begin < end)
      pieces.push_back({id, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
  };
  std::size_t done = 0, position = 0;
  while (!first_bytes_.empty()) {
    position = text.find_first_of(first_bytes_, position);
    if (position == std::string_view::npos) break;
    const AddedToken* longest = nullptr;
    for (const AddedToken& token : tokens_)
      if (text.substr(position).starts_with(token.content) &&
          (!longest || token.content.size() > longest->content.size()))
        longest = &token;
    if (!longest) {
      ++position;
      continue;
    }
    const std::size_t match_end = position + longest->content.size();
    const std::size_t begin = longest->lstrip ? before_spaces(text, position, done) : position;
    const std::size_t end = longest->rstrip ? after_spaces(text, match_end) : match_end;
    add(-1, done, begin);
    add(longest->id, begin, end);
    done = end;
    position = match_end;
  }
  add(-1, done, text.size());
  return pieces;
}

}  // namespace grounds
