#include "engine/quotations.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <span>

#include "answer/fold.h"
#include "base/hash.h"
#include "base/utf8.h"

namespace grounds {
namespace {

constexpr std::size_t kBlock = Quotations::kQuotedBytes / 2;
constexpr std::size_t kShortest = 12;  // a text of fewer bytes is quoted by anything
constexpr std::size_t kAlike = 8;      // blocks that are the same: of a text that repeats itself, these are enough

std::string letters_of(std::string_view text) {
  std::string letters;
  for (char32_t c : fold_text(text).text)
    if (u_isalnum(static_cast<UChar32>(c))) append_utf8(letters, c);
  return letters;
}

std::uint64_t hash_of(std::string_view block) { return xxh3(std::as_bytes(std::span(block.data(), block.size()))); }

}  // namespace

Quotations::Quotations(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    std::string letters = letters_of(text);
    if (letters.size() < kShortest) continue;
    const auto number = static_cast<std::uint32_t>(texts_.size());
    for (std::size_t at = 0; at + kBlock <= letters.size(); at += kBlock) {
      const std::uint64_t hash = hash_of(std::string_view(letters).substr(at, kBlock));
      if (blocks_.count(hash) < kAlike) blocks_.emplace(hash, std::pair(number, static_cast<std::uint32_t>(at)));
    }
    texts_.push_back(std::move(letters));
  }
}

bool Quotations::quoted_in(std::string_view text) const {
  const std::string letters = letters_of(text);
  for (const std::string& whole : texts_)
    if (whole.size() < kQuotedBytes && letters.find(whole) != std::string::npos) return true;
  if (blocks_.empty()) return false;
  for (std::size_t at = 0; at + kBlock <= letters.size(); ++at) {
    const auto [first, last] = blocks_.equal_range(hash_of(std::string_view(letters).substr(at, kBlock)));
    for (auto each = first; each != last; ++each) {
      const std::string& whole = texts_[each->second.first];
      // As far as the two agree on both sides of the block.
      std::size_t left = 0, right = 0;
      const std::size_t there = each->second.second;
      while (left < std::min(at, there) && letters[at - left - 1] == whole[there - left - 1]) ++left;
      while (at + right < letters.size() && there + right < whole.size() && letters[at + right] == whole[there + right]) ++right;
      if (left + right >= kQuotedBytes) return true;
    }
  }
  return false;
}

}  // namespace grounds
