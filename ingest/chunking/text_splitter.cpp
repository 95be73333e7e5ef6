#include "ingest/chunking/text_splitter.h"

#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/utext.h>

#include <algorithm>
#include <stdexcept>

#include "base/utf8.h"

namespace grounds::chunking {
namespace {

struct TextCloser {
  void operator()(UText* text) const { utext_close(text); }
};
using Text = std::unique_ptr<UText, TextCloser>;

std::unique_ptr<icu::BreakIterator> checked(icu::BreakIterator* iterator, UErrorCode status) {
  std::unique_ptr<icu::BreakIterator> owned(iterator);
  if (U_FAILURE(status)) throw std::runtime_error("ICU has no data to find sentences and words with");
  return owned;
}

void add_trimmed(std::vector<Span>& spans, std::string_view text, std::size_t begin, std::size_t end) {
  const std::string_view part = text.substr(begin, end - begin);
  const std::string_view kept = trim(part);
  if (kept.empty()) return;
  begin += static_cast<std::size_t>(kept.data() - part.data());
  spans.emplace_back(begin, begin + kept.size());
}

}  // namespace

struct TextSplitter::Iterators {
  std::unique_ptr<icu::BreakIterator> sentence;
  std::unique_ptr<icu::BreakIterator> word;

  // Sets the text of an iterator; the result must outlive its use.
  static Text attach(icu::BreakIterator& iterator, std::string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    Text wrapped(utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status));
    iterator.setText(wrapped.get(), status);
    if (U_FAILURE(status)) throw std::runtime_error("ICU cannot read a text");
    return wrapped;
  }
};

TextSplitter::TextSplitter() : iterators_(std::make_unique<Iterators>()) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Locale& root = icu::Locale::getRoot();
  iterators_->sentence = checked(icu::BreakIterator::createSentenceInstance(root, status), status);
  iterators_->word = checked(icu::BreakIterator::createWordInstance(root, status), status);
}

TextSplitter::~TextSplitter() = default;

std::vector<Span> TextSplitter::sentences(std::string_view text) {
  std::vector<Span> spans;
  icu::BreakIterator& iterator = *iterators_->sentence;
  const Text attached = Iterators::attach(iterator, text);
  std::int32_t begin = iterator.first();
  for (std::int32_t end = iterator.next(); end != icu::BreakIterator::DONE; end = iterator.next()) {
    add_trimmed(spans, text, static_cast<std::size_t>(begin), static_cast<std::size_t>(end));
    begin = end;
  }
  return spans;
}

std::vector<Span> TextSplitter::lines(std::string_view text) const {
  std::vector<Span> spans;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    add_trimmed(spans, text, begin, end);
    begin = end + 1;
  }
  return spans;
}

std::vector<Span> TextSplitter::leading_words(std::string_view text) {
  const bool is_all = text.size() <= kWordWindow;
  // The dictionary of Chinese words keeps state for the whole run of characters, hence the window.
  const std::string_view window = is_all ? text : text.substr(0, floor_boundary(text, kWordWindow));
  std::vector<Span> spans;
  icu::BreakIterator& iterator = *iterators_->word;
  const Text attached = Iterators::attach(iterator, window);
  std::int32_t begin = iterator.first();
  std::size_t word_begin = 0;
  bool has_word = false;
  for (std::int32_t end = iterator.next(); end != icu::BreakIterator::DONE; end = iterator.next()) {
    const bool is_word = iterator.getRuleStatus() >= UBRK_WORD_NONE_LIMIT;
    if (is_word && has_word) {
      add_trimmed(spans, window, word_begin, static_cast<std::size_t>(begin));
      word_begin = static_cast<std::size_t>(begin);
    }
    has_word = has_word || is_word;
    begin = end;
  }
  // The last word may go on beyond the window.
  if (is_all || spans.empty()) add_trimmed(spans, window, word_begin, window.size());
  return spans;
}

}  // namespace grounds::chunking
