// lexical_query: the terms and quoted phrases of a question.

#include <algorithm>
#include <array>

#include "index/lexical/lexical_search.h"

namespace grounds {

namespace {

struct Quotes {
  std::string_view open, close;
};
constexpr auto kQuotes = std::to_array<Quotes>({{"\"", "\""}, {"\xE2\x80\x9C", "\xE2\x80\x9D"}, {"\xE3\x80\x8C", "\xE3\x80\x8D"}});

// The texts inside quotation marks, in order; an open mark without its end quotes nothing.
std::vector<std::string_view> quoted(std::string_view question) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at < question.size();) {
    const std::string_view rest = question.substr(at);
    const auto quotes = std::find_if(kQuotes.begin(), kQuotes.end(), [&](const Quotes& q) { return rest.starts_with(q.open); });
    if (quotes == kQuotes.end()) {
      ++at;
      continue;
    }
    const std::size_t begin = at + quotes->open.size(), end = question.find(quotes->close, begin);
    if (end == std::string_view::npos) {
      at = begin;
      continue;
    }
    parts.push_back(question.substr(begin, end - begin));
    at = end + quotes->close.size();
  }
  return parts;
}

}  // namespace

LexicalQuery lexical_query(const Analyzer& analyzer, std::string_view question) {
  LexicalQuery query;
  for (Token& token : analyzer.analyze_query(question)) query.terms.push_back(std::move(token.term));
  for (const std::string_view part : quoted(question)) {
    LexicalPhrase phrase;
    for (Token& token : analyzer.analyze_phrase(part)) phrase.push_back({std::move(token.term), token.position});
    if (!phrase.empty()) query.phrases.push_back(std::move(phrase));
  }
  return query;
}

}  // namespace grounds
