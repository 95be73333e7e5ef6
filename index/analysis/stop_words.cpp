#include "index/analysis/stop_words.h"

#include <algorithm>
#include <array>

namespace grounds {

namespace {

// English in alphabetical order; Chinese as met in questions, with the pairs that such words form.
constexpr auto kStopWords = std::to_array<std::string_view>({
    "a", "about", "an", "and", "are", "as", "at", "be", "been", "being", "but", "by", "can", "could", "did", "do", "does",
    "for", "from", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "may", "me", "my", "of", "on",
    "or", "our", "shall", "should", "so", "such", "than", "that", "the", "their", "them", "then", "there", "these", "they",
    "this", "those", "to", "was", "we", "were", "what", "when", "where", "which", "who", "whom", "whose", "why", "will",
    "with", "would", "you", "your",
    "个", "么", "之", "也", "了", "什么", "何", "何时", "你", "其", "到", "及", "吗", "吧", "呢", "和", "哪", "哪个", "哪些",
    "哪里", "在", "多少", "如何", "它", "对", "就", "怎么", "怎样", "您", "我", "把", "是", "是否", "有", "的", "着", "给",
    "被", "请", "请问", "谁", "这", "这个", "都", "与", "那", "那个", "都是", "为", "为何", "为什", "么是", "有哪", "是什",
});

constexpr auto sorted(auto words) {
  std::sort(words.begin(), words.end());
  return words;
}
constexpr auto kSorted = sorted(kStopWords);

}  // namespace

bool is_stop_word(std::string_view term) { return std::binary_search(kSorted.begin(), kSorted.end(), term); }

}  // namespace grounds
