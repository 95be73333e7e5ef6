#include "index/analysis/word_tools.h"

#include <libstemmer.h>
#include <unicode/brkiter.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "base/hash.h"

namespace grounds {

namespace {

constexpr std::size_t kCachedStems = 4096;
constexpr std::size_t kLongestStemmed = 64;  // no English word is longer; a stem's cost grows with it

}  // namespace

struct WordTools::Icu {
  const icu::Normalizer2* case_folding = nullptr;  // owned by ICU
  std::unique_ptr<icu::BreakIterator> words;
};

WordTools::WordTools() : icu_(std::make_unique<Icu>()), stems_(kCachedStems) {}

WordTools::~WordTools() {
  if (stemmer_ != nullptr) sb_stemmer_delete(stemmer_);
}

Result<std::unique_ptr<WordTools>> WordTools::create() {
  std::unique_ptr<WordTools> tools(new WordTools);
  UErrorCode error = U_ZERO_ERROR;
  tools->icu_->case_folding = icu::Normalizer2::getNFKCCasefoldInstance(error);
  tools->icu_->words.reset(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), error));
  if (U_FAILURE(error)) {
    return fail(ErrorCode::kInternal, std::string("ICU cannot segment text: ") + u_errorName(error), "install ICU 72 with its data");
  }
  tools->stemmer_ = sb_stemmer_new("english", "UTF_8");
  if (tools->stemmer_ == nullptr) return fail(ErrorCode::kInternal, "Snowball has no English stemmer", "install libstemmer");
  return tools;
}

std::string_view WordTools::stem(std::string_view word) {
  if (word.size() > kLongestStemmed) return word;
  Stem& place = stems_[xxh3(std::as_bytes(std::span(word))) % kCachedStems];
  if (place.word == word) return place.stem;
  const auto* symbols = reinterpret_cast<const sb_symbol*>(word.data());
  const sb_symbol* stemmed = sb_stemmer_stem(stemmer_, symbols, static_cast<int>(word.size()));
  place.word = word;
  place.stem = word;  // stays if memory ran out
  if (stemmed != nullptr) {
    place.stem.assign(reinterpret_cast<const char*>(stemmed), static_cast<std::size_t>(sb_stemmer_length(stemmer_)));
  }
  return place.stem;
}

void WordTools::fold_case(std::string_view word, std::string& into) {
  if (std::all_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    for (const char c : word) into.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    return;
  }
  UErrorCode error = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(&into);
  icu_->case_folding->normalizeUTF8(0, icu::StringPiece(word.data(), static_cast<int32_t>(word.size())), sink, nullptr, error);
}

std::vector<std::size_t> WordTools::word_ends(std::string_view run) {
  const auto text = icu::UnicodeString::fromUTF8(icu::StringPiece(run.data(), static_cast<int32_t>(run.size())));
  icu_->words->setText(text);
  std::vector<std::size_t> ends;
  std::size_t bytes = 0;
  int32_t at = icu_->words->first();
  for (int32_t next = icu_->words->next(); next != icu::BreakIterator::DONE; at = next, next = icu_->words->next()) {
    std::string word;
    text.tempSubStringBetween(at, next).toUTF8String(word);
    bytes += word.size();
    if (icu_->words->getRuleStatus() >= UBRK_WORD_NONE_LIMIT) ends.push_back(bytes);
  }
  if (ends.empty() || ends.back() != run.size()) ends.push_back(run.size());
  return ends;
}

}  // namespace grounds
